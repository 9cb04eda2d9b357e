"""Rows for tests, one file per noun: `from tests.factories.institution import InstitutionFactory`."""
