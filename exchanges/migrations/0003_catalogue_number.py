from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchanges", "0002_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogueState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
                ("rebuilt", models.BigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="cataloguestate",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="catalogue_state_is_one_row"),
        ),
        migrations.AddField(
            model_name="offer",
            name="catalogued",
            field=models.BigIntegerField(
                default=0, editable=False, help_text="The catalogue's number when it last changed there."
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["catalogued"], name="offer_catalogued"),
        ),
    ]
