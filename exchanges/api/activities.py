"""/api/v1/activities/: the programme of one's exchanges; coordinators plan, move and cancel."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from exchanges.access import access_activity, access_coordinated_activity, access_coordinated_exchange
from exchanges.actions import activities
from exchanges.actions.series import MOST_WEEKS, plan_series
from exchanges.enums import ActivityKind, ActivityStatus, Scope
from exchanges.models import Activity, Exchange, Series
from exchanges.models.series import MOST_TURNS
from institutions import codes
from institutions.api.rules import CleanText
from institutions.forms.rules import by_rule


class TurnSerializer(serializers.Serializer):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday.")
    time = serializers.TimeField(format="%H:%M")
    fold = serializers.ChoiceField(
        choices=[0, 1], required=False, allow_null=True, default=None, help_text="Of a time that happens twice."
    )


class SeriesSerializer(serializers.ModelSerializer):
    turns = TurnSerializer(many=True, read_only=True)

    class Meta:
        model = Series
        fields = ["id", "title", "zone", "first", "weeks", "minutes", "turns", "sequence"]


class ActivitySerializer(serializers.ModelSerializer):
    """The agreed wall time in its zone, and the instant that follows from it by a release of tzdata."""

    exchange = serializers.PrimaryKeyRelatedField(read_only=True)
    group = serializers.IntegerField(source="group.number", allow_null=True, default=None)
    wall_time = serializers.TimeField(format="%H:%M")
    series = SeriesSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Activity
        fields = [
            *("id", "exchange", "group", "kind", "status", "title", "description", "wall_date", "wall_time", "zone"),
            *("fold", "starts_at", "tzdata", "minutes", "sequence", "series", "week", "alone"),
        ]


class JoinLink(serializers.URLField):
    def to_internal_value(self, data):
        link = by_rule(codes.web_address, super().to_internal_value(data))
        if not link.startswith("https://"):
            raise serializers.ValidationError("A join link starts with https://.")
        return link


class ActivityWrite(serializers.Serializer):
    title = CleanText(max_length=140)
    description = CleanText(multiline=True, max_length=4000, allow_blank=True, required=False, default="")
    minutes = serializers.IntegerField(min_value=15, max_value=480, required=False, default=60)
    join_url = JoinLink(max_length=500, allow_blank=True, required=False, default="")
    wall_date = serializers.DateField()
    wall_time = serializers.TimeField()
    fold = serializers.ChoiceField(choices=[0, 1], required=False, allow_null=True, default=None)


class ActivityPlan(ActivityWrite):
    """A session or a task, or with `weeks` a weekly series; with `turns` a rotation from the week of `wall_date` on."""

    exchange = serializers.IntegerField(min_value=1)
    kind = serializers.ChoiceField(choices=ActivityKind.choices, required=False, default=ActivityKind.SESSION)
    group = serializers.IntegerField(min_value=1, max_value=32767, required=False, allow_null=True, default=None)
    weeks = serializers.IntegerField(min_value=1, max_value=MOST_WEEKS, required=False, default=1)
    turns = serializers.ListField(child=TurnSerializer(), required=False, max_length=MOST_TURNS)


class ActivityChange(ActivityWrite):
    scope = serializers.ChoiceField(choices=Scope.choices, required=False, default=Scope.ONE)


class Cancellation(serializers.Serializer):
    reason = CleanText(multiline=True, max_length=2000)
    scope = serializers.ChoiceField(choices=Scope.choices, required=False, default=Scope.ONE)


class ActivityFilter(django_filters.FilterSet):
    exchange = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1)
    kind = django_filters.ChoiceFilter(choices=ActivityKind.choices)
    status = django_filters.ChoiceFilter(choices=ActivityStatus.choices)
    starts_from = django_filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="gte")
    starts_until = django_filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lte")

    class Meta:
        model = Activity
        fields = ["exchange", "kind", "status", "starts_from", "starts_until"]


@extend_schema_view(
    list=extend_schema(summary="Sessions and tasks of your exchanges"),
    retrieve=extend_schema(summary="One session or task"),
)
class ActivityViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = ActivitySerializer
    filterset_class = ActivityFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Activity.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Activity.objects.visible_to(self.request.user).with_people()

    def get_object(self):
        return access_activity(self.request.user, self.kwargs["pk"])

    @extend_schema(
        summary="Plan a session, a task, a weekly series or a rotation",
        description=(
            "A wall time that a clock change skips is refused, with the `nearest` two; one that happens twice is"
            " refused until `fold` says which of `both` instants is meant."
        ),
        request=ActivityPlan,
        responses={201: ActivitySerializer(many=True)},
    )
    def create(self, request):
        plan = ActivityPlan(data=request.data)
        plan.is_valid(raise_exception=True)
        data: dict[str, Any] = dict(plan.validated_data)
        exchange = access_coordinated_exchange(request.user, data.pop("exchange"))
        data["group"] = _group(exchange, data["group"])
        turns = data.pop("turns", None)
        if turns:
            first = data.pop("wall_date")
            for name in ("wall_time", "fold", "kind"):
                del data[name]
            turns = [(turn["weekday"], turn["time"], turn["fold"]) for turn in turns]
            made = plan_series(actor=request.user, exchange=exchange, first=first, turns=turns, **data)
        else:
            made = activities.plan_activities(actor=request.user, exchange=exchange, **data)
        return Response(ActivitySerializer(made, many=True).data, status=201)

    @extend_schema(
        summary="Change or move it; with `scope` those that follow, or all to come",
        request=ActivityChange,
        responses=ActivitySerializer,
    )
    def partial_update(self, request, pk):
        activity = access_coordinated_activity(request.user, pk)
        change = ActivityChange(data=request.data, partial=True)
        change.is_valid(raise_exception=True)
        names = ("title", "description", "minutes", "join_url", "wall_date", "wall_time")
        values = {name: getattr(activity, name) for name in names} | {"fold": activity.fold or None}
        values |= change.validated_data
        scope = Scope(values.pop("scope", Scope.ONE))
        activities.edit_activity(actor=request.user, activity=activity, values=values, scope=scope)
        return self._answer(pk)

    @extend_schema(
        summary="Cancel it; with `scope` those that follow, or all to come",
        request=Cancellation,
        responses=ActivitySerializer,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk):
        activity = access_coordinated_activity(request.user, pk)
        asked = Cancellation(data=request.data)
        asked.is_valid(raise_exception=True)
        scope = Scope(asked.validated_data["scope"])
        reason = asked.validated_data["reason"]
        activities.cancel_activity(actor=request.user, activity=activity, reason=reason, scope=scope)
        return self._answer(pk)

    def _answer(self, pk: int) -> Response:
        return Response(ActivitySerializer(access_activity(self.request.user, pk)).data)


def _group(exchange: Exchange, number: int | None):
    if number is None:
        return None
    group = exchange.groups.filter(number=number).first()
    if group is None:
        raise serializers.ValidationError({"group": ["There is no such group."]})
    return group
