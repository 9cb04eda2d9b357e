"""/api/v1/enrolments/: one's own, and those of the exchanges one coordinates."""

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from exchanges.access import access_enrolment, access_own_enrolment
from exchanges.actions import enrolments
from exchanges.enums import EnrolmentStatus
from exchanges.models import Enrolment
from institutions.api.rules import Empty, InstitutionName


class EnrolmentSerializer(serializers.ModelSerializer):
    exchange = serializers.PrimaryKeyRelatedField(read_only=True)
    exchange_title = serializers.CharField(source="exchange.title")
    institution = InstitutionName(source="part.institution")
    learner = serializers.CharField(source="learner.name")
    group = serializers.IntegerField(source="group.number", allow_null=True, default=None)

    class Meta:
        model = Enrolment
        fields = [
            *("id", "exchange", "exchange_title", "institution", "learner", "status", "number", "group", "taken_at"),
            *("placed_at", "withdrawn_at"),
        ]


class EnrolmentFilter(django_filters.FilterSet):
    exchange = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1)
    status = django_filters.ChoiceFilter(choices=EnrolmentStatus.choices)

    class Meta:
        model = Enrolment
        fields = ["exchange", "status"]


@extend_schema_view(
    list=extend_schema(summary="Your enrolments, and those of exchanges you coordinate"),
    retrieve=extend_schema(summary="One enrolment"),
)
class EnrolmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = EnrolmentSerializer
    filterset_class = EnrolmentFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Enrolment.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Enrolment.objects.visible_to(self.request.user).for_list().select_related("exchange")

    def get_object(self):
        return access_enrolment(self.request.user, self.kwargs["pk"])

    @extend_schema(summary="Give your place or position up", request=Empty, responses=EnrolmentSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request, pk):
        seen = access_enrolment(request.user, pk)
        own = access_own_enrolment(request.user, seen.exchange_id)
        return Response(EnrolmentSerializer(enrolments.withdraw(actor=request.user, enrolment=own)).data)
