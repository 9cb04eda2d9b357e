"""Offers: drafting, publishing, editing with visible history, closing, expiring.

Whoever changes an offer holds the lock on its row. What is typed in the editor is kept in `offer.draft`, one entry for
each step: {"revision", "tab", "typed"}, where `typed` is what the form sent ({name: [values]}) until its values are
taken over into the columns.
"""

import datetime as dt
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.catalogue import mark_changed
from exchanges.actions.offer_checks import Problems, not_in_future, problems_of
from exchanges.actions.pairings import withdraw_proposal
from exchanges.actions.runs import cancel_runs, request_partner_run
from exchanges.enums import ExchangeStatus, OfferStatus
from exchanges.formats import PHYSICAL_FIELDS, STEPS, rules_of, step_of
from exchanges.models import Offer, OfferLanguage, OfferResource, OfferRevision
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.enums import Role
from institutions.errors import Refused
from institutions.hours import WeekHours, local
from institutions.models import Institution, Membership, User

LONGEST_STEP = 60_000
REMIND_BEFORE = dt.timedelta(days=7)
COLUMNS = tuple(name for names in STEPS.values() for name in names if name not in ("languages", "resources"))
# What the exchange has taken over by the time its learners enrol.
LOCKED = frozenset((*STEPS["when"], *STEPS["who"], "level", "mode", *PHYSICAL_FIELDS))
# What the database insists on, in drafts too: the second is never before the first.
IN_ORDER = (("starts", "ends"), ("physical_starts", "physical_ends"), ("group_size_min", "group_size_max"))


class Stale(Refused):
    """The step was saved from another page since this one was opened."""


@dataclass(frozen=True)
class Page:
    """An editor's page: its step, the offer's revision when it was opened, and a token of the tab it is in."""

    step: str
    revision: int
    tab: str


# Drafting and editing ------------------------------------------------------------------------------------------------


def create_offer(*, actor, institution: Institution, format: str) -> Offer:
    """A draft with the format's usual values."""
    _must_coordinate(actor, institution)
    rules = rules_of(format)
    with transaction.atomic():
        offer = Offer(
            institution=institution,
            coordinator=actor,
            format=format,
            context=rules.context,
            country=institution.country,
            zone=institution.zone,
            group_size_min=rules.usual_group.least,
            group_size_max=rules.usual_group.most,
            partners_wanted=rules.least_partners,
        )
        if rules.mode:
            offer.mode = rules.mode
        offer.save()
        record(actor=actor, verb="offer.create", subject=offer, institution=institution)
    return offer


def keep_typed(*, actor, offer: Offer, page: Page, typed: Mapping[str, Sequence[str]]) -> Offer:
    """Keep what was typed in a step, valid or not. What no database stores is left out."""
    if sum(len(text) for texts in typed.values() for text in texts) > LONGEST_STEP:
        raise Refused(_("This is more text than can be kept. Shorten it, then save again."))
    with transaction.atomic():
        offer = _locked(actor, offer.pk)
        _must_be_fresh(offer, page)
        kept = {name: [storable(text) for text in texts] for name, texts in typed.items()}
        _note(offer, page.step, page.tab, kept)
        offer.save(update_fields=["draft", "revision", "updated_at"])
    return offer


def forget_typed(*, actor, offer: Offer, page: Page) -> Offer:
    """Throw away what was typed in a step since it was last saved."""
    with transaction.atomic():
        offer = _locked(actor, offer.pk)
        _must_be_fresh(offer, page)
        _note(offer, page.step, page.tab, None)
        offer.save(update_fields=["draft", "revision", "updated_at"])
    return offer


def edit_offer(
    *,
    actor,
    offer: Offer,
    changes: Mapping[str, Any],
    languages: Sequence[tuple[str, str]] | None = None,
    resources: Sequence[Mapping[str, str]] | None = None,
    page: Page | None = None,
) -> Offer:
    """Take values over into the offer. An offer that was published stays complete, and every change is in its history.

    `languages` are (tag, CEFR), `resources` mappings of kind, title, url and licence; None leaves them as they are.
    `page` is the editor's page that the values come from; what was typed there is settled by this.
    """
    with transaction.atomic():
        offer = _locked(actor, offer.pk)
        if page is not None:
            _must_be_fresh(offer, page)
        before = content_of(offer)
        for name, value in changes.items():
            setattr(offer, name, value)
        after = {name: _plain(getattr(offer, name)) for name in COLUMNS}
        after["languages"] = before["languages"] if languages is None else [f"{tag} {cefr}" for tag, cefr in languages]
        after["resources"] = before["resources"] if resources is None else [dict(row) for row in resources]
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        _may_change(offer, changed, languages_of(offer) if languages is None else languages)
        if page is not None:
            _note(offer, page.step, page.tab, None)
        else:
            for step in {step_of(name) for name in changed}:
                _note(offer, step, "", typed_of(offer, step))
        if offer.published_at:
            offer.search_text = offer.searchable_text()
        offer.save()
        if "languages" in changed:
            _write_languages(offer, languages or ())
        if "resources" in changed:
            _write_resources(offer, resources or ())
        if changed and offer.published_at:
            _publish_change(actor, offer, changed)
    return offer


def content_of(offer: Offer) -> dict[str, Any]:
    """Every field that the editor asks for, in a form that JSON holds: what the history compares."""
    content = {name: _plain(getattr(offer, name)) for name in COLUMNS}
    content["languages"] = [f"{tag} {cefr}" for tag, cefr in languages_of(offer)]
    content["resources"] = resources_of(offer)
    return content


def languages_of(offer: Offer) -> list[tuple[str, str]]:
    return [(row.tag, row.cefr) for row in offer.languages.all()]


def resources_of(offer: Offer) -> list[dict[str, str]]:
    return [
        {"kind": row.kind, "title": row.title, "url": row.url, "licence": row.licence} for row in offer.resources.all()
    ]


def has_enrolled(offer: Offer) -> bool:
    """Whether learners count on the terms: the exchange made of the offer has begun enrolment."""
    exchange = getattr(offer, "exchange", None)
    return exchange is not None and exchange.status not in (ExchangeStatus.PLANNED, ExchangeStatus.CANCELLED)


def _plain(value):
    if isinstance(value, WeekHours):
        return value.to_hex()
    if value is None or isinstance(value, bool | int | str | list):
        return value
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def _may_change(offer: Offer, changed: Collection[str], languages: Sequence[tuple[str, str]]) -> None:
    if has_enrolled(offer) and (locked := LOCKED.intersection(changed)):
        field = next(name for names in STEPS.values() for name in names if name in locked)
        raise Refused(_("Learners have enrolled for these terms: this can't be changed any more."), field)
    problems = problems_of(offer, languages=languages)
    if offer.status == OfferStatus.DRAFT:
        wrong_way = _("It can't end before it starts.")
        problems = {last: problems.get(last, wrong_way) for first, last in IN_ORDER if _reversed(offer, first, last)}
    if offer.status == OfferStatus.PUBLISHED:
        today = local(timezone.now(), offer.zone).date()
        problems = {name: text for name, text in not_in_future(offer, today) if name in changed} | problems
    for field, text in problems.items():
        raise Refused(text, field)


def _reversed(offer: Offer, first: str, last: str) -> bool:
    begin, end = getattr(offer, first), getattr(offer, last)
    return begin is not None and end is not None and end < begin


def _write_languages(offer: Offer, languages: Sequence[tuple[str, str]]) -> None:
    offer.languages.all().delete()
    OfferLanguage.objects.bulk_create(OfferLanguage(offer=offer, tag=tag, cefr=cefr) for tag, cefr in languages)


def _write_resources(offer: Offer, resources: Sequence[Mapping[str, str]]) -> None:
    offer.resources.all().delete()
    OfferResource.objects.bulk_create(OfferResource(offer=offer, **row) for row in resources)


def _publish_change(actor, offer: Offer, changed: dict[str, list]) -> None:
    """The change is in the public history, and partners are looked for anew."""
    number = (offer.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
    OfferRevision.objects.create(offer=offer, number=number, actor=actor, changes=changed)
    record(actor=actor, verb="offer.edit", subject=offer, institution=offer.institution, changes=changed)
    if offer.status == OfferStatus.PUBLISHED:
        request_partner_run(actor=actor, offer=offer)
    mark_changed([offer.pk])


# What was typed ------------------------------------------------------------------------------------------------------


def _note(offer: Offer, step: str, tab: str, typed: Mapping[str, Sequence[str]] | None) -> None:
    """The step has changed; pages that were opened before this know less than the offer does."""
    offer.revision += 1
    offer.draft = {**offer.draft, step: {"revision": offer.revision, "tab": tab, "typed": typed}}


def _must_be_fresh(offer: Offer, page: Page) -> None:
    last = offer.draft.get(page.step)
    if last and last["revision"] > page.revision and last["tab"] != page.tab:
        raise Stale(
            _(
                "This step was saved from another tab or by a colleague after you opened it. Nothing was overwritten. "
                "Compare below what is stored with what you typed; save again to store yours."
            )
        )


def typed_of(offer: Offer, step: str) -> dict[str, list[str]] | None:
    """What was typed in a step and isn't in the columns yet."""
    return offer.draft.get(step, {}).get("typed")


def unfinished_steps(offer: Offer) -> list[str]:
    return [step for step in STEPS if typed_of(offer, step) is not None]


def storable(text: str) -> str:
    """The text without NUL, other control characters and lone surrogates."""
    return "".join(c for c in text if c in "\n\r\t" or unicodedata.category(c) not in ("Cc", "Cs"))


# Publishing, closing, reopening --------------------------------------------------------------------------------------


def missing_before_publishing(offer: Offer) -> Problems:
    """Each field that keeps the offer from being published, with what is wrong."""
    return problems_of(offer, languages=languages_of(offer), today=local(timezone.now(), offer.zone).date())


def publish_offer(*, actor, offer: Offer) -> Offer:
    """Show a complete draft, or a closed or expired offer again, to everybody, and look for partners."""
    with transaction.atomic():
        offer = _locked(actor, offer.pk)
        if not OfferStatus(offer.status).may_become(OfferStatus.PUBLISHED):
            raise Refused(_("It is published already."))
        if getattr(offer, "exchange", None) is not None:
            raise Refused(_("It has become an exchange. Duplicate it to look for partners again."))
        if unfinished_steps(offer):
            raise Refused(_("Something that you typed is not saved yet. Open that step and save it."))
        for field, text in missing_before_publishing(offer).items():
            raise Refused(text, field)
        verb = "offer.reopen" if offer.published_at else "offer.publish"
        offer.status = OfferStatus.PUBLISHED
        offer.published_at = offer.published_at or timezone.now()
        offer.own_places = offer.own_places or 0
        offer.country = offer.institution.country
        offer.search_text = offer.searchable_text()
        offer.save()
        record(actor=actor, verb=verb, subject=offer, institution=offer.institution)
        request_partner_run(actor=actor, offer=offer)
        mark_changed([offer.pk])
    return offer


def close_offer(*, actor, offer: Offer, reason: str = "") -> Offer:
    """It looks for no more partners; those who have not replied to its proposals are told so."""
    with transaction.atomic():
        offer = _locked(actor, offer.pk)
        if offer.status != OfferStatus.PUBLISHED:
            raise Refused(_("It is not published."))
        for pairing in offer.pairings.waiting():
            withdraw_proposal(actor=actor, pairing=pairing, note=reason)
        _end(offer, OfferStatus.CLOSED)
        record(actor=actor, verb="offer.close", subject=offer, institution=offer.institution, note=reason)
        mark_changed([offer.pk])
    return offer


def _end(offer: Offer, status: OfferStatus) -> None:
    cancel_runs(offer=offer)
    offer.status = status
    offer.save(update_fields=["status", "updated_at"])


def duplicate_offer(*, actor, offer: Offer) -> Offer:
    """A new draft with the same content. Dates that have passed are left out."""
    _must_coordinate(actor, offer.institution)
    with transaction.atomic():
        copy = Offer(institution=offer.institution, coordinator=actor, format=offer.format, country=offer.country)
        for name in COLUMNS:
            setattr(copy, name, getattr(offer, name))
        if offer.starts and offer.starts <= local(timezone.now(), offer.zone).date():
            copy.starts = copy.ends = copy.physical_starts = copy.physical_ends = None
        copy.reply_by = None
        copy.save()
        _write_languages(copy, languages_of(offer))
        _write_resources(copy, resources_of(offer))
        record(actor=actor, verb="offer.duplicate", subject=copy, institution=copy.institution, source=offer.pk)
    return copy


def discard_offer(*, actor, offer: Offer) -> None:
    """Throw away a draft that nobody else has ever seen."""
    with transaction.atomic():
        offer = _locked(actor, offer.pk)
        if offer.published_at is not None:
            raise Refused(_("It was published, so it stays. You can close it."))
        record(actor=actor, verb="offer.discard", subject=offer, institution=offer.institution)
        offer.delete()


# By itself -----------------------------------------------------------------------------------------------------------


def expire_overdue(*, now: dt.datetime | None = None, limit: int = 500) -> int:
    """End offers whose day for replies is over, or that have started without an exchange, on the offer's own clock."""
    now = now or timezone.now()
    latest = now.date() + dt.timedelta(days=1)  # no zone's date is further ahead
    due = Offer.objects.published().filter(Q(reply_by__lte=latest) | Q(starts__lte=latest, exchange=None))
    expired = 0
    for pk in due.order_by("reply_by", "pk").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            offer = _locked_row(pk)
            today = local(now, offer.zone).date()
            replies_over = offer.reply_by is not None and offer.reply_by < today
            started = offer.starts is not None and offer.starts <= today and getattr(offer, "exchange", None) is None
            if offer.status != OfferStatus.PUBLISHED or not (replies_over or started):
                continue
            _end(offer, OfferStatus.EXPIRED)
            record(actor=None, verb="offer.expire", subject=offer, institution=offer.institution)
            _tell(offer, "offer_expired", key=now.isoformat(), replies_over=replies_over)
            mark_changed([offer.pk])
            expired += 1
    return expired


def remind_expiring(*, now: dt.datetime | None = None, limit: int = 500) -> None:
    """Remind of offers that expire within a week; each day for replies is told of once.

    Who has just published with a day that near knows it.
    """
    now = now or timezone.now()
    days = (now.date(), now.date() + REMIND_BEFORE)
    due = Offer.objects.published().filter(reply_by__range=days, published_at__lt=now - REMIND_BEFORE)
    with transaction.atomic():
        for offer in due.select_related("institution").order_by("reply_by", "pk")[:limit]:
            _tell(offer, "offer_expiring", key=str(offer.reply_by), reply_by=str(offer.reply_by))


def _tell(offer: Offer, kind: str, *, key: str, **context) -> None:
    """Its coordinator, or all of its institution's where that one is no coordinator any more."""
    people: list[User] = coordinators_of([offer.institution])
    own = [user for user in people if user.pk == offer.coordinator_id]
    notify(
        recipients=own or people,
        kind=kind,
        key=f"{kind}:{offer.pk}:{key}",
        url=offer.get_absolute_url(),
        offer=str(offer),
        offer_zone=offer.zone,
        **context,
    )


# Rights and locks ----------------------------------------------------------------------------------------------------


def _locked_row(pk: int) -> Offer:
    return Offer.objects.select_for_update(of=("self",), no_key=True).select_related("institution").get(pk=pk)


def _locked(actor, pk: int) -> Offer:
    offer = _locked_row(pk)
    _must_coordinate(actor, offer.institution)
    return offer


def _must_coordinate(actor, institution: Institution) -> None:
    if not Membership.objects.active().of(actor, Role.COORDINATOR).filter(institution=institution).exists():
        raise Refused(_("Only coordinators of the institution can do this."), "institution")
