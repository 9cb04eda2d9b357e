"""How much each feature counts on this platform: changed by its admins, and put back to the documented defaults."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from exchanges.matching.partners.weights import FEATURES
from exchanges.models import RankingWeights
from exchanges.models.weights import MOST
from institutions.actions.journal import record
from institutions.errors import Refused


def change_weights(*, actor, points: Mapping[str, int]) -> RankingWeights:
    """From now on partners are ranked by these points and settings; what was ranked before stays as it was."""
    _must_be_platform_admin(actor)
    for name, value in points.items():
        least, most = MOST[name]
        if not least <= value <= most:
            raise Refused(_("From %(least)s to %(most)s.") % {"least": least, "most": most}, name)
    if not any(points[name] for name in FEATURES):
        raise Refused(_("At least one feature must count."))
    with transaction.atomic():
        before = _locked()
        row, _made = RankingWeights.objects.update_or_create(only=True, defaults=dict(points))
        changed = {name: [before[name], value] for name, value in row.points().items() if before[name] != value}
        if changed:
            record(actor=actor, verb="weights.change", subject=row, changed=changed)
    return row


def reset_weights(*, actor) -> None:
    """Back to the documented defaults."""
    _must_be_platform_admin(actor)
    with transaction.atomic():
        row = RankingWeights.objects.select_for_update().first()
        if row is not None:
            record(actor=actor, verb="weights.reset", subject=row, before=row.points())
            row.delete()


def _locked() -> dict[str, int]:
    """What holds now, with its row locked if there is one."""
    return (RankingWeights.objects.select_for_update().first() or RankingWeights.default()).points()


def _must_be_platform_admin(actor) -> None:
    if not actor.is_platform_admin:
        raise Refused(_("Only platform admins can change how partners are ranked."))
