"""Full-text search of offers: on PostgreSQL by index, elsewhere `OfferQuerySet.matching` reads the text itself."""

from django.db import migrations

INDEXES = {
    "offer_search": "to_tsvector('simple', search_text)",
    "offer_search_title": "to_tsvector('simple', split_part(search_text, E'\\n', 1))",
}


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, expression in INDEXES.items():
            schema_editor.execute(
                f"CREATE INDEX {name} ON exchanges_offer USING gin (({expression})) WITH (fastupdate = off)"
            )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("exchanges", "0003_catalogue_number"),
    ]

    operations = [migrations.RunPython(create, drop)]
