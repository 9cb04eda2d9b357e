"""Celery tasks: explicit names, ids only, tolerant of missing rows, each delegating to an action."""
