"""Writing the journal."""

from institutions.models import JournalEntry


def record(*, actor, verb: str, subject, institution=None, note: str = "", **data) -> JournalEntry:
    """Write who did what to which object, and why. Call it inside the transaction that makes the change.

    `actor` is None when the platform acts by itself; `data` must be JSON-serialisable.
    """
    return JournalEntry.objects.create(
        actor=actor,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        subject_name=str(subject)[:200],
        institution=institution,
        note=note,
        data=data,
    )
