"""Addresses of this app; the view slices fill it."""

urlpatterns: list = []
