from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchanges", "0004_search_index_on_postgresql"),
    ]

    operations = [
        migrations.AddField(
            model_name="pairing",
            name="decline_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("dates", "The dates don't fit our terms"),
                    ("hours", "We share too few hours"),
                    ("topic", "The topic or level doesn't fit"),
                    ("numbers", "The numbers of learners don't fit"),
                    ("staff", "We have nobody to run it"),
                    ("recognition", "We can't recognise it for our learners"),
                    ("other", "Another reason"),
                ],
                max_length=12,
                verbose_name="why not",
            ),
        ),
        migrations.AlterField(
            model_name="pairing",
            name="reply_note",
            field=models.TextField(blank=True, max_length=2000, verbose_name="message"),
        ),
    ]
