"""/api/v1/intakes/: intakes with their exchanges and rules, one's own choices, and one's own result."""

import django_filters
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from exchanges.access import access_intake, access_own_placement
from exchanges.actions import choices as choice_actions
from exchanges.actions import placements
from exchanges.actions.waiting import positions
from exchanges.api.enrolments import EnrolmentSerializer
from exchanges.enums import IntakeStatus
from exchanges.intake_words import why
from exchanges.models import ChoiceList, Intake, IntakeExchange, IntakeQuota, Placement
from exchanges.models.intake import MOST_CHOICES
from institutions.api.rules import Empty, InstitutionName, known_institution


class QuotaSerializer(serializers.ModelSerializer):
    institution = InstitutionName(allow_null=True)

    class Meta:
        model = IntakeQuota
        fields = ["institution", "country", "places"]


class EntrySerializer(serializers.ModelSerializer):
    """An exchange of the intake; choices name it by its `exchange`."""

    exchange = serializers.PrimaryKeyRelatedField(read_only=True)
    title = serializers.CharField(source="exchange.title")
    reserves = serializers.DictField(child=serializers.IntegerField())
    quotas = QuotaSerializer(many=True)
    priority = serializers.SerializerMethodField()

    class Meta:
        model = IntakeExchange
        fields = ["exchange", "title", "capacity", "minimum", "reserves", "quotas", "priority", "closed"]

    def get_priority(self, entry) -> list[str]:
        return [line.label for line in entry.priority_lines.all()]


class IntakeSerializer(serializers.ModelSerializer):
    institution = InstitutionName(allow_null=True)
    exchanges = EntrySerializer(source="entries", many=True)
    url = serializers.URLField(source="get_absolute_url")

    class Meta:
        model = Intake
        fields = [
            *("id", "title", "summary", "status", "institution", "zone", "opens", "closes", "max_choices"),
            *("confirm_days", "seed", "tolerance", "balanced", "published_at", "confirm_by", "exchanges", "url"),
        ]


class ChoicesSerializer(serializers.Serializer):
    """Exchanges by id, best first; what is submitted counts, the draft is a working copy."""

    institution = InstitutionName(read_only=True)
    submitted = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    draft = serializers.ListField(child=serializers.IntegerField(), read_only=True, allow_null=True)
    submitted_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ChoicesWrite(serializers.Serializer):
    choices = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=MOST_CHOICES,
        help_text="Exchanges by id, best first.",
    )
    draft = serializers.BooleanField(default=False, help_text="Only keep it; what was submitted stays.")
    institution = serializers.SlugRelatedField(
        required=False, help_text="For learners of several institutions that take part.", **known_institution()
    )


class WaitingSerializer(serializers.Serializer):
    exchange = serializers.IntegerField()
    position = serializers.IntegerField()


class PlacementSerializer(serializers.ModelSerializer):
    exchange = serializers.IntegerField(source="entry.exchange_id", allow_null=True, default=None)
    why = serializers.CharField()
    missed = serializers.ListField(child=serializers.CharField())
    waiting = WaitingSerializer(many=True)
    list_number = serializers.IntegerField(source="choice_list_id")

    class Meta:
        model = Placement
        fields = [
            *("status", "exchange", "rank", "confirm_by", "why", "missed", "waiting", "lottery", "list_number"),
            "decided_at",
        ]


class IntakeFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=IntakeStatus.choices)

    class Meta:
        model = Intake
        fields = ["status"]


@extend_schema_view(
    list=extend_schema(summary="Intakes that have opened, and those you run"),
    retrieve=extend_schema(summary="One intake with its exchanges and rules"),
)
class IntakeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = IntakeSerializer
    filterset_class = IntakeFilter
    queryset = Intake.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return with_entries(Intake.objects.visible_to(self.request.user))

    def get_object(self):
        intake = access_intake(self.request.user, self.kwargs["pk"])
        return with_entries(Intake.objects.filter(pk=intake.pk)).get()

    @extend_schema(summary="Your choices", responses=ChoicesSerializer, methods=["get"])
    @extend_schema(
        summary="Submit your choices, or keep them as a draft",
        request=ChoicesWrite,
        responses=ChoicesSerializer,
        methods=["put"],
    )
    @extend_schema(
        summary="Take part no more: your choices and marks are deleted", responses={204: None}, methods=["delete"]
    )
    @action(detail=True, methods=["get", "put", "delete"], permission_classes=[permissions.IsAuthenticated])
    def choices(self, request, pk):
        intake = access_intake(request.user, pk)
        if request.method == "DELETE":
            choice_actions.withdraw_choices(actor=request.user, intake=intake)
            return Response(status=204)
        if request.method == "PUT":
            writer = ChoicesWrite(data=request.data)
            writer.is_valid(raise_exception=True)
            _write(request.user, intake, **writer.validated_data)
        mine = ChoiceList.objects.filter(intake=intake, learner=request.user).select_related("institution")
        return Response(ChoicesSerializer(_told(intake, get_object_or_404(mine))).data)

    @extend_schema(summary="Your result, once it is published", responses=PlacementSerializer)
    @action(detail=True, methods=["get"], permission_classes=[permissions.IsAuthenticated])
    def placement(self, request, pk):
        return self._placement(pk)

    @extend_schema(summary="Confirm the place you were offered", request=Empty, responses=EnrolmentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[permissions.IsAuthenticated])
    def confirm(self, request, pk):
        enrolment = placements.confirm(actor=request.user, placement=access_own_placement(request.user, pk))
        return Response(EnrolmentSerializer(enrolment).data)

    @extend_schema(
        summary="Decline the place you were offered, or leave the waiting list",
        request=Empty,
        responses=PlacementSerializer,
    )
    @action(detail=True, methods=["post"], permission_classes=[permissions.IsAuthenticated])
    def decline(self, request, pk):
        placements.decline(actor=request.user, placement=access_own_placement(request.user, pk))
        return self._placement(pk)

    def _placement(self, pk: int) -> Response:
        placement = access_own_placement(self.request.user, pk)
        entries = placement.intake.entries.filter(choices__choice_list=placement.choice_list_id)
        found = why(
            placement,
            {entry.pk: entry for entry in entries.select_related("exchange").prefetch_related("priority_lines")},
        )
        placement.why, placement.missed = found.sentence, found.missed
        placement.waiting = [
            {"exchange": choice.entry.exchange_id, "position": position} for choice, position in positions(placement)
        ]
        return Response(PlacementSerializer(placement).data)


def with_entries(intakes):
    return intakes.select_related("institution").prefetch_related(
        "entries__exchange", "entries__quotas__institution", "entries__priority_lines"
    )


def _write(user, intake: Intake, *, choices: list[int], draft: bool, institution=None) -> None:
    entry_of = dict(intake.entries.values_list("exchange", "pk"))
    # What is not in the intake is no entry; the action says so.
    entries = [entry_of.get(exchange, 0) for exchange in choices]
    act = choice_actions.save_draft if draft else choice_actions.submit
    act(actor=user, intake=intake, entries=entries, institution=institution)


def _told(intake: Intake, mine: ChoiceList) -> dict:
    exchange_of = dict(intake.entries.values_list("pk", "exchange"))
    submitted = mine.choices.order_by("rank").values_list("entry", flat=True)
    return {
        "institution": mine.institution,
        "submitted": [exchange_of[entry] for entry in submitted],
        "draft": None if mine.draft is None else [exchange_of[entry] for entry in mine.draft if entry in exchange_of],
        "submitted_at": mine.submitted_at,
    }
