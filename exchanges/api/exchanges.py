"""/api/v1/exchanges/: what the exchange pages show, and running one's own."""

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from exchanges.access import access_coordinated_exchange, access_exchange
from exchanges.actions import enrolments, exchanges
from exchanges.api.enrolments import EnrolmentSerializer
from exchanges.enums import ExchangeStatus
from exchanges.models import Exchange, ExchangeInstitution
from institutions.api.rules import CleanText, Empty, InstitutionName, known_institution


class PartSerializer(serializers.ModelSerializer):
    institution = InstitutionName()
    free = serializers.IntegerField()

    class Meta:
        model = ExchangeInstitution
        fields = ["institution", "role", "places", "free"]


class ExchangeSerializer(serializers.ModelSerializer):
    parts = PartSerializer(many=True)
    format = serializers.CharField(source="offer.format")
    isced_field = serializers.CharField(source="offer.field")
    level = serializers.IntegerField(source="offer.level", allow_null=True)
    offer = serializers.PrimaryKeyRelatedField(read_only=True)
    url = serializers.URLField(source="get_absolute_url")

    class Meta:
        model = Exchange
        fields = [
            *(
                "id",
                "title",
                "summary",
                "status",
                "format",
                "isced_field",
                "level",
                "language",
                "zone",
                "starts",
                "ends",
            ),
            *("enrol_opens", "enrol_closes", "group_size_min", "group_size_max", "session_minutes", "parts", "offer"),
            "url",
        ]


class ExchangeWrite(serializers.Serializer):
    """What its coordinators settle. Instants with their offset; places by the institution's slug."""

    title = CleanText(max_length=140)
    summary = CleanText(max_length=280, allow_blank=True)
    starts = serializers.DateField()
    ends = serializers.DateField()
    enrol_opens = serializers.DateTimeField(allow_null=True)
    enrol_closes = serializers.DateTimeField(allow_null=True)
    group_size_min = serializers.IntegerField(min_value=2, max_value=100)
    group_size_max = serializers.IntegerField(min_value=2, max_value=100)
    session_minutes = serializers.IntegerField(min_value=15, max_value=480)
    places = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=10_000))

    def validate_places(self, places):
        ids = {part.institution.slug: part.institution_id for part in self.instance.parts.all()}
        if unknown := sorted(set(places) - set(ids)):
            raise serializers.ValidationError(f"{unknown[0]} does not take part.")
        return {ids[slug]: number for slug, number in places.items()}


class Reason(serializers.Serializer):
    reason = CleanText(multiline=True, max_length=2000)


class JoinFrom(serializers.Serializer):
    institution = serializers.SlugRelatedField(
        required=False, help_text="For learners of several institutions that take part.", **known_institution()
    )


class ExchangeFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=ExchangeStatus.choices)
    institution = django_filters.CharFilter(
        field_name="institutions__slug", label="Slug of a participating institution."
    )
    format = django_filters.CharFilter(field_name="offer__format")
    starts_from = django_filters.DateFilter(field_name="starts", lookup_expr="gte")
    starts_until = django_filters.DateFilter(field_name="starts", lookup_expr="lte")

    class Meta:
        model = Exchange
        fields = ["status", "institution", "format", "starts_from", "starts_until"]


@extend_schema_view(
    list=extend_schema(summary="Public exchanges, and those you coordinate or take part in"),
    retrieve=extend_schema(summary="One exchange"),
)
class ExchangeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = ExchangeSerializer
    filterset_class = ExchangeFilter
    queryset = Exchange.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Exchange.objects.visible_to(self.request.user).with_parts()

    def get_object(self):
        return access_exchange(self.request.user, self.kwargs["pk"])

    @extend_schema(summary="Change an exchange you coordinate", request=ExchangeWrite, responses=ExchangeSerializer)
    def partial_update(self, request, pk):
        exchange = access_coordinated_exchange(request.user, pk)
        writer = ExchangeWrite(exchange, data=request.data, partial=True)
        writer.is_valid(raise_exception=True)
        changes = dict(writer.validated_data)
        places = changes.pop("places", None)
        exchanges.edit_exchange(actor=request.user, exchange=exchange, changes=changes, places=places)
        return self._answer(pk)

    @extend_schema(summary="Open enrolment", request=Empty, responses=ExchangeSerializer)
    @action(detail=True, methods=["post"], url_path="open-enrolment")
    def open_enrolment(self, request, pk):
        exchanges.open_enrolment(actor=request.user, exchange=access_coordinated_exchange(request.user, pk))
        return self._answer(pk)

    @extend_schema(summary="Close enrolment; groups are formed", request=Empty, responses=ExchangeSerializer)
    @action(detail=True, methods=["post"], url_path="close-enrolment")
    def close_enrolment(self, request, pk):
        exchanges.close_enrolment(actor=request.user, exchange=access_coordinated_exchange(request.user, pk))
        return self._answer(pk)

    @extend_schema(summary="Cancel, with the reason", request=Reason, responses=ExchangeSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk):
        exchange = access_coordinated_exchange(request.user, pk)
        reason = Reason(data=request.data)
        reason.is_valid(raise_exception=True)
        exchanges.cancel_exchange(actor=request.user, exchange=exchange, **reason.validated_data)
        return self._answer(pk)

    @extend_schema(
        summary="Take a place, or a position on the waiting list",
        request=JoinFrom,
        responses={201: EnrolmentSerializer},
    )
    @action(detail=True, methods=["post"])
    def join(self, request, pk):
        exchange = access_exchange(request.user, pk)
        joining = JoinFrom(data=request.data)
        joining.is_valid(raise_exception=True)
        enrolment = enrolments.enrol(actor=request.user, exchange=exchange, **joining.validated_data)
        return Response(EnrolmentSerializer(enrolment).data, status=201)

    def _answer(self, pk: int) -> Response:
        return Response(ExchangeSerializer(access_exchange(self.request.user, pk)).data)
