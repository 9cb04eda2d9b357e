"""/api/v1/offers/: what the catalogue and the offer pages show, and posting one's own."""

from contextlib import contextmanager
from typing import Any

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from exchanges import search
from exchanges.access import access_offer, access_own_offer
from exchanges.actions import offers
from exchanges.enums import Bandwidth, Context, Format, Mode, OfferStatus, ResourceKind
from exchanges.formats import rules_of
from exchanges.models import Offer, OfferLanguage, OfferResource
from institutions import codes, isced, places
from institutions.api.rules import CleanText, Empty, InstitutionName, Note, known_institution
from institutions.enums import Cefr, Kind
from institutions.errors import Refused
from institutions.forms.rules import by_rule
from institutions.hours import WeekHours

HALF_HOUR = r"^(([01][0-9]|2[0-3]):(00|30)|24:00)$"


class RangeSerializer(serializers.Serializer):
    """Hours of one day, on the clock of the offer's zone; weekday 0 is Monday, and a day ends at 24:00."""

    weekday = serializers.IntegerField(min_value=0, max_value=6)
    start = serializers.CharField(source="start_text", help_text="HH:MM")
    end = serializers.CharField(source="end_text", help_text="HH:MM, up to 24:00")


class LanguageSerializer(serializers.ModelSerializer):
    class Meta:
        model = OfferLanguage
        fields = ["tag", "cefr"]


class ResourceSerializer(serializers.ModelSerializer):
    class Meta:
        model = OfferResource
        fields = ["kind", "title", "url", "licence"]


class OfferSerializer(serializers.ModelSerializer):
    institution = InstitutionName()
    isced_field = serializers.CharField(source="field")
    languages = LanguageSerializer(many=True)
    resources = ResourceSerializer(many=True)
    hours = serializers.SerializerMethodField(help_text="When live sessions can be, on the clock of `zone`.")
    outcomes = serializers.SerializerMethodField()
    url = serializers.URLField(source="get_absolute_url")

    class Meta:
        model = Offer
        fields = [
            *("id", "institution", "status", "title", "summary", "description", "outcomes", "format", "context"),
            *("isced_field", "level", "mode", "physical_place", "physical_starts", "physical_ends", "starts", "ends"),
            *("weeks", "zone", "hours", "session_minutes", "live_hours", "independent_hours", "ects", "own_places"),
            *("partner_places", "group_size_min", "group_size_max", "partners_wanted", "wanted_countries"),
            *("wanted_regions", "wanted_kinds", "languages", "resources", "bandwidth", "captions", "asynchronous"),
            *("access_notes", "reply_by", "published_at", "url"),
        ]

    @extend_schema_field(RangeSerializer(many=True))
    def get_hours(self, offer):
        return RangeSerializer(offer.hours.ranges(), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_outcomes(self, offer):
        return [line.strip() for line in offer.outcomes.splitlines() if line.strip()]


class Coded(serializers.CharField):
    """A code of `institutions.codes`, in its canonical spelling."""

    def __init__(self, *, rule, **kwargs):
        super().__init__(**kwargs)
        self.rule = rule

    def to_internal_value(self, data):
        return by_rule(self.rule, super().to_internal_value(data))


class RangeWrite(serializers.Serializer):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday")
    start = serializers.RegexField(HALF_HOUR, help_text="HH:MM, on a half-hour")
    end = serializers.RegexField(HALF_HOUR, help_text="HH:MM, on a half-hour, up to 24:00")


class LanguageWrite(serializers.Serializer):
    tag = Coded(rule=codes.language, max_length=12)
    cefr = serializers.ChoiceField(choices=Cefr.choices)


class ResourceWrite(serializers.Serializer):
    kind = serializers.ChoiceField(choices=ResourceKind.choices, default=ResourceKind.OER)
    title = CleanText(max_length=200)
    url = Coded(rule=codes.web_address, max_length=500)
    licence = Coded(rule=codes.licence, max_length=40)


def _whole(least: int, most: int, **kwargs) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=most, allow_null=True, **kwargs)


def _hours() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=5, decimal_places=1, min_value=0, allow_null=True)


def _text(length: int, *, multiline: bool = False, **kwargs) -> CleanText:
    return CleanText(max_length=length, multiline=multiline, allow_blank=True, **kwargs)


class OfferWrite(serializers.Serializer):
    """The content of an offer. A draft may lack anything; publishing says what is missing."""

    title = _text(140)
    summary = _text(280)
    description = _text(20_000, multiline=True, help_text="Markdown")
    outcomes = serializers.ListField(child=CleanText(max_length=300), max_length=20)
    context = serializers.ChoiceField(choices=Context.choices)
    isced_field = serializers.CharField(max_length=4, source="field", help_text="ISCED-F 2013 code")
    level = _whole(1, 8, help_text="EQF")
    starts = serializers.DateField(allow_null=True)
    ends = serializers.DateField(allow_null=True)
    weeks = _whole(1, 60)
    zone = Coded(rule=codes.time_zone, max_length=64, help_text="IANA name")
    hours = RangeWrite(many=True, help_text="When live sessions can be, on the clock of `zone`.")
    session_minutes = serializers.IntegerField(min_value=15, max_value=480)
    live_hours = _hours()
    independent_hours = _hours()
    ects = serializers.DecimalField(max_digits=4, decimal_places=1, min_value=0, max_value=60, allow_null=True)
    languages = LanguageWrite(many=True)
    own_places = _whole(0, 10_000)
    partner_places = _whole(0, 10_000)
    group_size_min = serializers.IntegerField(min_value=2, max_value=100)
    group_size_max = serializers.IntegerField(min_value=2, max_value=100)
    partners_wanted = serializers.IntegerField(min_value=1, max_value=20)
    wanted_countries = serializers.ListField(child=Coded(rule=codes.country, max_length=2), max_length=40)
    wanted_regions = serializers.ListField(child=serializers.CharField(max_length=3), max_length=40)
    wanted_kinds = serializers.MultipleChoiceField(choices=Kind.choices)
    mode = serializers.ChoiceField(choices=Mode.choices)
    physical_place = _text(200)
    physical_starts = serializers.DateField(allow_null=True)
    physical_ends = serializers.DateField(allow_null=True)
    resources = ResourceWrite(many=True)
    bandwidth = serializers.ChoiceField(choices=Bandwidth.choices)
    captions = serializers.BooleanField()
    asynchronous = serializers.BooleanField()
    access_notes = _text(500)
    reply_by = serializers.DateField(allow_null=True)

    def validate_isced_field(self, code):
        if not isced.is_field(code):
            raise serializers.ValidationError(_("“%s” is not an ISCED-F field.") % code)
        return code

    def validate_outcomes(self, lines):
        return "\n".join(lines)

    def validate_hours(self, ranges):
        try:
            return WeekHours.from_ranges((each["weekday"], each["start"], each["end"]) for each in ranges)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_wanted_regions(self, regions):
        known = dict(places.regions())
        if unknown := [code for code in regions if code not in known]:
            raise serializers.ValidationError(_("“%s” is not a region.") % unknown[0])
        return regions

    def validate_wanted_kinds(self, kinds):
        return sorted(kinds)

    def validate_languages(self, rows):
        if len({row["tag"] for row in rows}) < len(rows):
            raise serializers.ValidationError(_("Name each language once."))
        return rows

    def validate(self, attrs):
        rules = rules_of(self.instance.format)
        unasked = {"isced_field" if name == "field" else name for name in attrs if not rules.asks(name)}
        if unasked:
            refusal = _("An offer of this format is not asked for this.")
            raise serializers.ValidationError({name: [refusal] for name in unasked})
        return attrs

    def update(self, instance, validated_data):
        changes: dict[str, Any] = dict(validated_data)
        languages = changes.pop("languages", None)
        if languages is not None:
            languages = [(row["tag"], row["cefr"]) for row in languages]
        resources = changes.pop("resources", None)
        actor = self.context["request"].user
        return offers.edit_offer(actor=actor, offer=instance, changes=changes, languages=languages, resources=resources)


class NewOffer(serializers.Serializer):
    institution = serializers.SlugRelatedField(**known_institution())
    format = serializers.ChoiceField(choices=Format.choices)


class OfferFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Words of the title, the summary, the outcomes, the institution."
    )
    status = django_filters.ChoiceFilter(choices=OfferStatus.choices)
    format = django_filters.ChoiceFilter(choices=Format.choices)
    mode = django_filters.ChoiceFilter(choices=Mode.choices)
    isced_field = django_filters.CharFilter(
        field_name="field", lookup_expr="startswith", label="ISCED-F, 2 to 4 digits."
    )
    level = django_filters.NumberFilter(min_value=1, max_value=8)
    language = django_filters.CharFilter(method="in_language", label="BCP 47 tag.")
    country = django_filters.CharFilter(label="ISO 3166 code.")
    institution = django_filters.CharFilter(field_name="institution__slug", label="Slug of the institution.")
    starts_from = django_filters.DateFilter(field_name="starts", lookup_expr="gte")
    starts_until = django_filters.DateFilter(field_name="starts", lookup_expr="lte")

    class Meta:
        model = Offer
        fields = ["q", "status", "format", "mode", "isced_field", "level", "language", "country", "institution"]

    def search(self, found, name, value):
        return found.matching(search.asked(value))

    def in_language(self, found, name, value):
        return found.filter(pk__in=OfferLanguage.objects.filter(tag=value).values("offer"))


@extend_schema_view(
    list=extend_schema(summary="Offers that were published, and your institutions' drafts"),
    retrieve=extend_schema(summary="One offer"),
)
class OfferViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = OfferSerializer
    filterset_class = OfferFilter
    queryset = Offer.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Offer.objects.visible_to(self.request.user).select_related("institution")
        return found.prefetch_related("languages", "resources").order_by("-published_at", "-pk")

    def get_object(self):
        return access_offer(self.request.user, self.kwargs["pk"])

    @extend_schema(summary="Begin a draft", request=NewOffer, responses={201: OfferSerializer})
    def create(self, request):
        new = NewOffer(data=request.data)
        new.is_valid(raise_exception=True)
        return self._answer(offers.create_offer(actor=request.user, **new.validated_data).pk, status=201)

    @extend_schema(summary="Change your offer; changes of a published one are in its history", request=OfferWrite)
    def partial_update(self, request, pk):
        offer = access_own_offer(request.user, pk)
        writer = OfferWrite(offer, data=request.data, partial=True, context={"request": request})
        writer.is_valid(raise_exception=True)
        with _named_as_in_the_api():
            writer.save()
        return self._answer(pk)

    @extend_schema(summary="Publish, or open again", request=Empty, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request, pk):
        offer = access_own_offer(request.user, pk)
        with _named_as_in_the_api():
            offers.publish_offer(actor=request.user, offer=offer)
        return self._answer(pk)

    @extend_schema(summary="Close: it looks for no more partners", request=Note, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request, pk):
        offer = access_own_offer(request.user, pk)
        note = Note(data=request.data)
        note.is_valid(raise_exception=True)
        offers.close_offer(actor=request.user, offer=offer, reason=note.validated_data["note"])
        return self._answer(pk)

    def _answer(self, pk: int, status: int = 200) -> Response:
        return Response(OfferSerializer(access_offer(self.request.user, pk)).data, status=status)


@contextmanager
def _named_as_in_the_api():
    """The field that an action refuses, under the name that it has here."""
    try:
        yield
    except Refused as refused:
        raise Refused(refused.message, "isced_field" if refused.field == "field" else refused.field) from refused
