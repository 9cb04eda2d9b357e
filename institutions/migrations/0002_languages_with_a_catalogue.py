from django.db import migrations, models


def speak_english(apps, schema_editor):
    """People who had chosen a language that had no texts yet saw English; now their setting says so."""
    apps.get_model("institutions", "User").objects.exclude(language__in=["en", "pt"]).update(language="en")


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(speak_english, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=[("en", "English"), ("pt", "Portuguese")],
                default="en",
                max_length=12,
                verbose_name="language",
            ),
        ),
    ]
