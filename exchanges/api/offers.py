"""/api/v1/offers/: what the catalogue and the offer pages show."""

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from exchanges import search
from exchanges.access import access_offer
from exchanges.enums import Format, Mode, OfferStatus
from exchanges.models import Offer, OfferLanguage, OfferResource
from institutions.api.rules import InstitutionName


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
