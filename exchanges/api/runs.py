"""/api/v1/runs/: matching runs about what one coordinates, with all that explains them."""

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from exchanges.access import access_run
from exchanges.actions import runs
from exchanges.enums import RunKind, RunStatus
from exchanges.models import Run
from institutions.api.rules import Empty


class RunSerializer(serializers.ModelSerializer):
    offer = serializers.PrimaryKeyRelatedField(read_only=True)
    exchange = serializers.PrimaryKeyRelatedField(read_only=True)
    intake = serializers.PrimaryKeyRelatedField(read_only=True)
    repeats = serializers.PrimaryKeyRelatedField(read_only=True)
    figures = serializers.DictField(help_text="What came of it; the keys depend on the kind.")
    versions = serializers.DictField(child=serializers.CharField(), help_text="Of all that the result depends on.")
    url = serializers.URLField(source="get_absolute_url")

    class Meta:
        model = Run
        fields = [
            *("id", "kind", "status", "progress", "offer", "exchange", "intake", "repeats", "requested_at"),
            *("started_at", "finished_at", "attempts", "seed", "figures", "versions", "url"),
        ]


class RunFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=RunKind.choices)
    status = django_filters.ChoiceFilter(choices=RunStatus.choices)
    offer = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1)
    exchange = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1)

    class Meta:
        model = Run
        fields = ["kind", "status", "offer", "exchange"]


@extend_schema_view(
    list=extend_schema(summary="Runs about what you coordinate; all of them for platform admins"),
    retrieve=extend_schema(summary="One run with its figures, seed and versions"),
)
class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = RunSerializer
    filterset_class = RunFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Run.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Run.objects.visible_to(self.request.user).for_list()

    def get_object(self):
        return access_run(self.request.user, self.kwargs["pk"])

    @extend_schema(summary="Stop a run that waits or works", request=Empty, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk):
        run = access_run(request.user, pk)
        runs.cancel(actor=request.user, run=run)
        return Response(RunSerializer(run).data)
