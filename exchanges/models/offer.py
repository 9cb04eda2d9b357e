"""Offers: what an institution brings and who it looks for."""

from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from babel import Locale
from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models, transaction
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Concat, Replace, StrIndex, Substr
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges import search
from exchanges.enums import Bandwidth, Context, ExchangeStatus, Format, Mode, OfferStatus, ResourceKind
from institutions import isced
from institutions.enums import Cefr, InstitutionStatus, Role
from institutions.models import Institution, Membership
from institutions.models.fields import WeekHoursField


def _between_spaces(text):
    return Concat(Value(" "), text, Value(" "), output_field=models.TextField())


# The searchable text as PostgreSQL indexes it, and with spaces around every word; and its first line, the title.
_VECTOR = Func(F("search_text"), template="to_tsvector('simple', %(expressions)s)", output_field=SearchVectorField())
_SPACED = _between_spaces(Replace("search_text", Value("\n"), Value(" ")))
_TITLE_LINE = _between_spaces(Substr("search_text", 1, StrIndex("search_text", Value("\n")) - 1))


class OfferQuerySet(models.QuerySet):
    def published(self):
        return self.filter(status=OfferStatus.PUBLISHED)

    def with_open_exchange(self):
        """Those whose exchange learners can join now."""
        return self.filter(exchange__status=ExchangeStatus.ENROLLING)

    def of(self, institutions):
        return self.filter(institution__in=institutions)

    def coordinated_by(self, user):
        """Those of the institutions that the person coordinates."""
        return self.of(Membership.objects.active().of(user, Role.COORDINATOR).values("institution"))

    def visible_to(self, user):
        """What was published once, for anybody; drafts only for the institution's coordinators."""
        public = Q(published_at__isnull=False) & ~Q(institution__status=InstitutionStatus.SUSPENDED)
        if not user.is_authenticated:
            return self.filter(public)
        own = Membership.objects.active().of(user, Role.COORDINATOR).values("institution")
        return self.filter(public | Q(institution__in=own))

    def overdue(self, today):
        """Published, but the day for replies or the first day has passed."""
        return self.published().filter(Q(reply_by__lt=today) | Q(starts__lt=today))

    def matching(self, words, *, begins=True):
        """Those whose searchable text holds every word; the last may be the beginning of one.

        `words` are in searchable form (`exchanges.search.asked`). On PostgreSQL a full-text index answers, elsewhere
        every text is read.
        """
        if not words:
            return self.none()
        if connections[self.db].vendor == "postgresql":
            asked = SearchQuery(" & ".join(words) + (":*" if begins else ""), search_type="raw", config="simple")
            return self.alias(vector=_VECTOR).filter(vector=asked)
        found = self.alias(spaced=_SPACED)
        for word in words[:-1]:
            found = found.filter(spaced__contains=f" {word} ")
        return found.filter(spaced__contains=f" {words[-1]}" + ("" if begins else " "))

    def ids_of_each(self, words) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each (word, whether others may begin with it): the ids (int64) that have it, and those in the title.

        One query for all words. PostgreSQL is told to take the index also for a word that most offers have: it does
        not know that making the text vector of each row anew is far dearer than visiting the rows.
        """
        postgresql = connections[self.db].vendor == "postgresql"
        joined = "string_agg((id * sign)::text, ',')" if postgresql else "group_concat(id * sign)"
        parts, params = [], []
        for n, (word, begins) in enumerate(words):
            sql, values = _sql_of_a_word(begins)
            parts.append(f"SELECT {n}, {joined} FROM ({sql}) AS found")  # noqa: S608 (our own SQL)
            params += [value.replace(_ANY_WORD, word) if isinstance(value, str) else value for value in values]
        with transaction.atomic(self.db), connections[self.db].cursor() as cursor:
            if postgresql:
                cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(" UNION ALL ".join(parts), params)
            found = dict(cursor.fetchall())
            if postgresql:
                cursor.execute("SET LOCAL enable_seqscan = on")
        signed = [np.fromstring(found[n] or "", np.int64, sep=",") for n in range(len(parts))]
        return [(np.abs(ids), -ids[ids < 0]) for ids in signed]


_ANY_WORD = "anyword"


@cache
def _sql_of_a_word(begins: bool) -> tuple[str, tuple]:
    """The ids of the offers with a word, with a sign of -1 where it is in the title; made into SQL once."""
    titled = Q(title_line__contains=f" {_ANY_WORD}" if begins else f" {_ANY_WORD} ")
    offers = Offer.objects.order_by().matching([_ANY_WORD], begins=begins).alias(title_line=_TITLE_LINE)
    signed = offers.annotate(sign=Case(When(titled, then=-1), default=1))
    return signed.values_list("id", "sign").query.sql_with_params()


class Offer(models.Model):
    """A dated, structured proposal for an exchange. A draft may lack anything but its institution."""

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="offers")
    coordinator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    status = models.CharField(_("status"), max_length=10, choices=OfferStatus, default=OfferStatus.DRAFT)

    title = models.CharField(_("title"), max_length=140, blank=True)
    summary = models.CharField(_("summary"), max_length=280, blank=True)
    description = models.TextField(_("description"), max_length=20000, blank=True, help_text=_("Markdown"))
    outcomes = models.TextField(_("learning outcomes"), max_length=4000, blank=True, help_text=_("One on each line."))
    format = models.CharField(_("format"), max_length=10, choices=Format, blank=True)
    context = models.CharField(_("context"), max_length=10, choices=Context, blank=True)
    field = models.CharField(_("field of study"), max_length=4, blank=True, help_text=_("ISCED-F 2013 code"))
    level = models.PositiveSmallIntegerField(
        _("EQF level"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(8)]
    )

    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.VIRTUAL)
    physical_place = models.CharField(_("place of the physical part"), max_length=200, blank=True)
    physical_starts = models.DateField(_("physical part starts"), null=True, blank=True)
    physical_ends = models.DateField(_("physical part ends"), null=True, blank=True)

    starts = models.DateField(_("starts"), null=True, blank=True)
    ends = models.DateField(_("ends"), null=True, blank=True)
    weeks = models.PositiveSmallIntegerField(
        _("weeks"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    zone = models.CharField(_("time zone of the hours"), max_length=64)
    hours = WeekHoursField(_("weekly hours you can meet live"), help_text=_("Local half-hours, in the offer's zone."))
    session_minutes = models.PositiveSmallIntegerField(
        _("length of a live session"), default=60, validators=[MinValueValidator(15), MaxValueValidator(480)]
    )
    live_hours = models.DecimalField(_("live hours"), max_digits=6, decimal_places=1, null=True, blank=True)
    independent_hours = models.DecimalField(
        _("hours of independent work"), max_digits=6, decimal_places=1, null=True, blank=True
    )
    ects = models.DecimalField(_("ECTS credits"), max_digits=4, decimal_places=1, null=True, blank=True)

    own_places = models.PositiveIntegerField(_("places for your own learners"), null=True, blank=True)
    partner_places = models.PositiveIntegerField(_("places for each partner's learners"), null=True, blank=True)
    group_size_min = models.PositiveSmallIntegerField(_("smallest group"), default=3)
    group_size_max = models.PositiveSmallIntegerField(_("largest group"), default=6)
    partners_wanted = models.PositiveSmallIntegerField(
        _("partners wanted"), default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    wanted_countries = models.JSONField(_("countries wanted"), default=list, blank=True)
    wanted_regions = models.JSONField(_("regions wanted"), default=list, blank=True)
    wanted_kinds = models.JSONField(_("kinds of institution wanted"), default=list, blank=True)

    bandwidth = models.CharField(_("internet line"), max_length=6, choices=Bandwidth, default=Bandwidth.MEDIUM)
    captions = models.BooleanField(_("live sessions have captions"), default=False)
    asynchronous = models.BooleanField(_("can be followed without the live sessions"), default=False)
    access_notes = models.CharField(_("other access needs met"), max_length=500, blank=True)

    reply_by = models.DateField(_("partners reply by"), null=True, blank=True, help_text=_("The offer expires then."))
    published_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)
    draft = models.JSONField(default=dict, blank=True, help_text=_("What was typed in each step, valid or not."))
    search_text = models.TextField(blank=True, editable=False)
    country = models.CharField(
        max_length=2, editable=False, help_text=_("The institution's, kept here for the facets.")
    )
    catalogued = models.BigIntegerField(
        default=0, editable=False, help_text=_("The catalogue's number when it last changed there.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="offer_dates_in_order"),
            models.CheckConstraint(
                condition=Q(physical_ends__gte=F("physical_starts")), name="offer_physical_dates_in_order"
            ),
            models.CheckConstraint(condition=Q(level__isnull=True) | Q(level__range=(1, 8)), name="offer_level_is_eqf"),
            models.CheckConstraint(
                condition=Q(group_size_max__gte=F("group_size_min")), name="offer_group_sizes_in_order"
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(
                    starts__isnull=False,
                    ends__isnull=False,
                    weeks__isnull=False,
                    own_places__isnull=False,
                    partner_places__isnull=False,
                ),
                name="offer_complete_when_published",
            ),
        ]
        indexes = [
            models.Index(fields=["starts", "id"], condition=Q(status="published"), name="offer_open_by_start"),
            models.Index(fields=["-published_at", "-id"], condition=Q(status="published"), name="offer_open_by_newest"),
            models.Index(fields=["format", "starts"], condition=Q(status="published"), name="offer_open_format"),
            models.Index(fields=["field", "starts"], condition=Q(status="published"), name="offer_open_field"),
            models.Index(fields=["country", "starts"], condition=Q(status="published"), name="offer_open_country"),
            models.Index(fields=["institution", "status"], name="offer_institution_status"),
            models.Index(fields=["status", "reply_by"], name="offer_status_reply_by"),
            models.Index(fields=["catalogued"], name="offer_catalogued"),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Untitled offer"))

    def get_absolute_url(self) -> str:
        return reverse("offer_detail", args=[self.pk])

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def outcome_list(self) -> list[str]:
        """One learning outcome per line."""
        return [line.strip(" -*•\t") for line in self.outcomes.splitlines() if line.strip(" -*•\t")]

    def searchable_text(self) -> str:
        """What `search_text` has to hold: the offer's words, its field's, its institution's and its country's."""
        place = self.institution
        country = Locale("en").territories.get(place.country, "")
        field = isced.FIELDS.get(self.field, "")
        texts = (self.summary, self.description, self.outcomes, place.name, place.city, country, field)
        return search.searchable(self.title, texts)


class OfferLanguage(models.Model):
    offer = models.ForeignKey(Offer, models.CASCADE, related_name="languages")
    tag = models.CharField(_("language"), max_length=12, help_text=_("BCP 47 tag"))
    cefr = models.CharField(_("at least"), max_length=6, choices=Cefr, default=Cefr.B2)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["offer", "tag"], name="offer_language_once")]
        indexes = [models.Index(fields=["tag", "offer"], name="offer_language_tag")]

    def __str__(self) -> str:
        return f"{self.tag} {self.cefr}"


class OfferResource(models.Model):
    """An open educational resource or MOOC that the offer leans on."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="resources")
    kind = models.CharField(_("kind"), max_length=4, choices=ResourceKind)
    title = models.CharField(_("title"), max_length=200)
    url = models.URLField(_("link"), max_length=500)
    licence = models.CharField(_("licence"), max_length=40, help_text=_("SPDX or Creative Commons id"))

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class OfferRevision(models.Model):
    """What an edit of a published offer changed: {field: [before, after]}."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["offer", "number"], name="offer_revision_once")]

    def __str__(self) -> str:
        return f"{self.offer} #{self.number}"
