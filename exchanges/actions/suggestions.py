"""Partner suggestions: gathering what ranking needs in few queries, storing what it found, dismissing and restoring."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions import runs
from exchanges.enums import ExchangeStatus, OfferStatus, PairingStatus, RunStatus
from exchanges.matching.files import partners as file
from exchanges.matching.partners import (
    InstitutionFacts,
    Match,
    NearMiss,
    OfferFacts,
    Pool,
    near_misses,
    rank,
)
from exchanges.models import Offer, OfferLanguage, Pairing, RankingWeights, Run, Suggestion
from institutions import places
from institutions.actions.availability import days_without_teaching
from institutions.actions.journal import record
from institutions.enums import InstitutionStatus, MembershipStatus, Role
from institutions.errors import Refused
from institutions.models import Institution

OFFERS, INSTITUTIONS, NEAR_MISSES = 20, 5, 5
RIPPLE = 10
REACH = timedelta(weeks=26)  # a near miss is mended by moving at most so far; what lies beyond is no candidate
TEACHING_LEVEL = "C1"  # what an institution that teaches in a language can be counted on

OFFER_COLUMNS = (
    *("pk", "institution_id", "institution__country", "institution__kind", "zone", "starts", "ends", "hours", "format"),
    *("mode", "field", "level", "weeks", "session_minutes", "own_places", "partner_places", "partners_wanted"),
    *("wanted_countries", "wanted_regions", "wanted_kinds", "title", "summary", "outcomes"),
)


def carry_out_partner_run(run: Run) -> None:
    """Rank the other published offers, and the institutions without one, for the run's offer, and store why."""
    assert run.offer is not None
    offer = Offer.objects.select_related("institution").get(pk=run.offer.pk)
    own = facts_of_offers(Offer.objects.filter(pk=offer.pk))
    if offer.status != OfferStatus.PUBLISHED or not own:
        with runs.finishing(run, figures={"offers": 0, "institutions": 0, "suggested": 0}):
            Suggestion.objects.filter(offer=offer, dismissed_at__isnull=True).delete()
        return
    mine, weights = own[0], RankingWeights.current()
    offers = facts_of_offers(open_offers_for(offer))
    runs.report(run, percent=30)
    institutions = facts_of_institutions(offer)
    dismissed = offer.suggestions.filter(dismissed_at__isnull=False).count()
    top, top_institutions = OFFERS + dismissed, INSTITUTIONS + dismissed
    runs.begin(
        run,
        file={"for": [mine.id], "top": top, "top_institutions": top_institutions, "weights": weights.points()},
        shared={
            "offers": [file.write(facts) for facts in [mine, *offers]],
            "institutions": [file.write(facts) for facts in institutions],
        },
    )
    pool = Pool(offers)
    runs.report(run, percent=50)
    found = rank(mine, pool, weights=weights.weights(), top=top)
    found += rank(mine, institutions, weights=weights.weights(), top=top_institutions)
    runs.report(run, percent=80)
    missed = near_misses(mine, pool, weights=weights.weights(), top=NEAR_MISSES + dismissed)
    figures = {"offers": len(offers), "institutions": len(institutions), "suggested": len(found)}
    outcome = [
        {"offer": mine.id, "kind": match.kind, "candidate": match.candidate, "score": match.score} for match in found
    ]
    with runs.finishing(run, figures=figures, outcome=outcome):
        _store(run, offer, found, missed)
        if run.requested_by_id is not None:
            _ripple(found)


def rank_again(*, actor, run: Run) -> Run:
    """Ask for a fresh ranking where an earlier one was asked for."""
    assert run.offer is not None
    if run.offer.status != OfferStatus.PUBLISHED:
        raise Refused(_("Partners are looked for while the offer is published."))
    return runs.request_partner_run(actor=actor, offer=run.offer)


def dismiss(*, actor, suggestion: Suggestion) -> None:
    """Not for us: out of sight, also after later rankings, until it is restored."""
    _set_dismissed(actor, suggestion, timezone.now(), "suggestion.dismiss")


def restore(*, actor, suggestion: Suggestion) -> None:
    _set_dismissed(actor, suggestion, None, "suggestion.restore")


@transaction.atomic
def _set_dismissed(actor, suggestion: Suggestion, at, verb: str) -> None:
    if Suggestion.objects.filter(pk=suggestion.pk, dismissed_at__isnull=at is not None).update(dismissed_at=at):
        record(actor=actor, verb=verb, subject=suggestion, institution=suggestion.offer.institution)


# Facts ---------------------------------------------------------------------------------------------------------------


def open_offers():
    """Published offers that still look for partners, of institutions that take part."""
    full = [pk for pk, (wanted, has) in partners_of_engaged().items() if has >= wanted]
    return (
        Offer.objects.published()
        .filter(institution__status=InstitutionStatus.VERIFIED)
        .exclude(pk__in=full)
        .exclude(exchange__status__in=[status for status in ExchangeStatus if status != ExchangeStatus.PLANNED])
    )


def open_offers_for(offer: Offer):
    """Open offers of other institutions, in reach of the offer's dates."""
    assert offer.starts and offer.ends
    return (
        open_offers()
        .filter(ends__gte=offer.starts - REACH, starts__lte=offer.ends + REACH)
        .exclude(institution=offer.institution_id)
    )


def partners_of_engaged() -> dict[int, tuple[int, int]]:
    """Of each offer that has a partner: how many it wants, and how many it has."""
    pairs = Pairing.objects.filter(status=PairingStatus.ACCEPTED).values_list("offer", "partner_offer")
    engaged = Counter(pk for pair in pairs for pk in pair if pk)
    wanted = Offer.objects.filter(pk__in=engaged).values_list("pk", "partners_wanted")
    return {pk: (number, engaged[pk]) for pk, number in wanted}


def facts_of_offers(offers) -> list[OfferFacts]:
    """What ranking knows of the offers, in three queries however many they are."""
    languages: dict[int, dict[str, str]] = {}
    rows = OfferLanguage.objects.filter(offer__in=offers.order_by().values("pk")).order_by("pk")
    for pk, tag, cefr in rows.values_list("offer", "tag", "cefr"):
        languages.setdefault(pk, {})[tag] = cefr
    listed = [row for row in offers.order_by("pk").values(*OFFER_COLUMNS) if row["starts"] and row["ends"]]
    holidays = _holidays_in(listed)
    return [
        OfferFacts(
            id=row["pk"],
            institution=row["institution_id"],
            country=row["institution__country"],
            region=places.region_of(row["institution__country"]),
            kind=row["institution__kind"],
            zone=row["zone"],
            first=row["starts"],
            last=row["ends"],
            hours=row["hours"],
            format=row["format"],
            mode=row["mode"],
            isced=row["field"],
            level=row["level"],
            languages=languages.get(row["pk"], {}),
            weeks=row["weeks"],
            session_minutes=row["session_minutes"],
            places_own=row["own_places"],
            places_partner=row["partner_places"],
            partners_wanted=row["partners_wanted"],
            wanted_countries=_wished_countries(tuple(row["wanted_countries"]), tuple(row["wanted_regions"])),
            wanted_kinds=frozenset(row["wanted_kinds"]),
            holidays=tuple(
                (first, last)
                for first, last in holidays.get(row["institution_id"], ())
                if first <= row["ends"] and last >= row["starts"]
            ),
            text=f"{row['title']}. {row['summary']} {row['outcomes']}",
        )
        for row in listed
    ]


def _holidays_in(rows: list[dict[str, Any]]) -> dict[int, tuple[tuple[date, date], ...]]:
    """By institution, the days without teaching within the dates of these offers."""
    if not rows:
        return {}
    first, last = min(row["starts"] for row in rows), max(row["ends"] for row in rows)
    return days_without_teaching({row["institution_id"] for row in rows}, first, last)


def facts_of_institutions(offer: Offer) -> list[InstitutionFacts]:
    """Verified institutions without an open offer that somebody could answer for, with what their past offers tell.

    Those whose past offers all lie in other broad fields are left out.
    """
    found = (
        Institution.objects.verified()
        .exclude(pk=offer.institution_id)
        .exclude(pk__in=Offer.objects.published().values("institution"))
        .filter(memberships__role=Role.COORDINATOR, memberships__status=MembershipStatus.ACTIVE)
        .distinct()
    )
    past: dict[int, list[tuple[str, int | None, str]]] = {}
    closed = Offer.objects.filter(status__in=(OfferStatus.CLOSED, OfferStatus.EXPIRED), institution__in=found)
    holidays: dict[int, tuple[tuple[date, date], ...]] = {}
    if offer.starts and offer.ends:
        holidays = days_without_teaching(found.order_by().values("pk"), offer.starts, offer.ends)
    for pk, field, level, form in closed.order_by("pk").values_list("institution", "field", "level", "format"):
        past.setdefault(pk, []).append((field, level, form))
    return [
        InstitutionFacts(
            id=institution.pk,
            country=institution.country,
            region=places.region_of(institution.country),
            kind=institution.kind,
            zone=institution.zone,
            languages=dict.fromkeys(institution.languages, TEACHING_LEVEL),
            isced=_distinct(field for field, _, _ in past.get(institution.pk, ())),
            levels=_distinct(level for _, level, _ in past.get(institution.pk, ())),
            formats=_distinct(form for _, _, form in past.get(institution.pk, ())),
            holidays=holidays.get(institution.pk, ()),
            text=institution.description,
        )
        for institution in found.order_by("pk")
        if _near_in_field(offer, [field for field, _, _ in past.get(institution.pk, ())])
    ]


def _near_in_field(offer: Offer, fields: list[str]) -> bool:
    """Whether one of the fields lies in the offer's broad field, or nothing is known of them."""
    known = [field for field in fields if field]
    return not offer.field or not known or any(field[:2] == offer.field[:2] for field in known)


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted({value for value in values if value}))


@lru_cache(maxsize=4096)
def _wished_countries(countries: tuple[str, ...], regions: tuple[str, ...]) -> frozenset[str]:
    """Wished regions as their countries, so that continents and their parts mean the same to ranking."""
    return frozenset(countries).union(*(places.countries_of(region) for region in regions))


# Results -------------------------------------------------------------------------------------------------------------


def _store(run: Run, offer: Offer, found: list[Match], missed: list[NearMiss]) -> None:
    """Replace the offer's suggestions, keeping what was dismissed; a later run's result is never overwritten."""
    # Without the key: another run's suggestions may point at this offer, and the two would wait for each other.
    Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
    if Run.objects.filter(offer=offer, status=RunStatus.FINISHED, pk__gt=run.pk).exists():
        return
    dismissed = {_key(old): old for old in offer.suggestions.filter(dismissed_at__isnull=False)}
    offer.suggestions.filter(dismissed_at__isnull=True).delete()
    hits: list[Match | NearMiss] = [*found, *missed]
    partners = Offer.objects.filter(pk__in=[hit.candidate for hit in hits if hit.kind == "offer"])
    institution_of = dict(partners.values_list("pk", "institution"))
    fresh = []
    for number, hit in enumerate(hits, start=1):
        is_offer = hit.kind == "offer"
        institution = institution_of.get(int(hit.candidate)) if is_offer else hit.candidate
        if institution is None:
            continue  # the offer is gone since it was read
        suggestion = Suggestion(
            run=run,
            offer=offer,
            partner_offer_id=hit.candidate if is_offer else None,
            partner_institution_id=institution,
            rank=number,
            score=hit.score,
            reasons=reasons_of(hit),
            shared_starts=starts_of(hit),
            near_miss=isinstance(hit, NearMiss),
        )
        if old := dismissed.get(_key(suggestion)):
            suggestion.pk, suggestion.dismissed_at = old.pk, old.dismissed_at
            suggestion.save()
        else:
            fresh.append(suggestion)
    Suggestion.objects.bulk_create(fresh)


def _key(suggestion: Suggestion) -> tuple[int | None, int | None]:
    if suggestion.partner_offer_id:
        return suggestion.partner_offer_id, None
    return None, suggestion.partner_institution_id


def reasons_of(hit: Match | NearMiss) -> list[dict[str, Any]]:
    if isinstance(hit, Match):
        return [
            {"name": feature.name, "share": feature.share, "weight": feature.weight, "facts": dict(feature.facts)}
            for feature in hit.features
        ]
    gates: list[dict[str, Any]] = [{"gate": gate.name, "facts": _short(gate.facts)} for gate in hit.gates]
    return gates + ([{"fix": hit.fix.name, "facts": _short(hit.fix.facts)}] if hit.fix else [])


def _short(facts) -> dict[str, Any]:
    # Wished countries are read from the offers themselves; spelled out they may be half the world.
    return {name: value for name, value in facts.items() if name != "wanted"}


def starts_of(hit: Match | NearMiss) -> list[list[int]]:
    return [[start.weekday, start.slot % 48 * 30] for start in hit.shared] if isinstance(hit, Match) else []


def _ripple(found: list[Match]) -> None:
    """Whom this offer suits best may want to see it: their rankings are made again, which doesn't ripple further."""
    near = [hit.candidate for hit in found if hit.kind == "offer"][:RIPPLE]
    for partner in Offer.objects.published().filter(pk__in=near):
        runs.request_partner_run(actor=None, offer=partner)
