"""The open catalogue: search, facets with counts, sort, for offers that look for partners and for open exchanges.

How it is quick. Counting facets with GROUP BY over 100,000 rows takes the database a tenth of a second for each page.
So every web process keeps a **picture** of what is in the catalogue: one bit per offer and facet value (100,000 offers
and 200 values are 2.5 MB). A filter is an OR of the rows of one facet's values and an AND over the facets; a count is
the number of bits that are left. The picture holds numbers only: the twenty offers of a page come from the database,
with their institutions and languages, and so does the answer to a text search (full-text index on PostgreSQL).

How it stays true. One row (`CatalogueState`) holds a number that grows with every change, in the change's own
transaction (`actions.catalogue.mark_changed`). Each request reads that row; when the number has moved, the process
reads the offers changed since and corrects their bits. Bulk loads ask for a picture made anew.

- `facets.py`  what can be filtered by, and the words for it
- `picture.py` the bits of one catalogue, immutable once made
- `weeks.py`   weeks that look alike on the clock
- `queries.py` what a visitor asked for (and its address), and the answer
"""
