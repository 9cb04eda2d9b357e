"""Full-text search of offers: on PostgreSQL by index, elsewhere `OfferQuerySet.matching` reads the text itself."""

from django.db import migrations


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX offer_search ON exchanges_offer USING gin (to_tsvector('simple', search_text))"
            " WITH (fastupdate = off)"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX offer_search")


class Migration(migrations.Migration):
    dependencies = [
        ("exchanges", "0003_catalogue_number"),
    ]

    operations = [migrations.RunPython(create, drop)]
