"""/api/v1/groups/: one's own group once it is confirmed, and all groups of the exchanges one coordinates."""

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets

from exchanges.access import access_group
from exchanges.enums import GroupStatus
from exchanges.models import Enrolment, Group
from institutions.api.rules import InstitutionName


class MemberSerializer(serializers.ModelSerializer):
    learner = serializers.CharField(source="learner.name")
    institution = InstitutionName(source="part.institution")

    class Meta:
        model = Enrolment
        fields = ["learner", "institution"]


class GroupSerializer(serializers.ModelSerializer):
    exchange = serializers.PrimaryKeyRelatedField(read_only=True)
    members = MemberSerializer(many=True, source="shown_members")
    shared_starts = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Weekly starts in the exchange's governing zone: [weekday from Monday 0, minute of the day].",
    )
    url = serializers.URLField(source="get_absolute_url")

    class Meta:
        model = Group
        fields = ["id", "exchange", "number", "status", "language", "shared_starts", "members", "url"]


class GroupFilter(django_filters.FilterSet):
    exchange = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1)
    status = django_filters.ChoiceFilter(choices=GroupStatus.choices)

    class Meta:
        model = Group
        fields = ["exchange", "status"]


@extend_schema_view(
    list=extend_schema(summary="Your group, and those of exchanges you coordinate"),
    retrieve=extend_schema(summary="One group with its members"),
)
class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Group.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Group.objects.visible_to(self.request.user).with_members().order_by("exchange", "number")

    def get_object(self):
        return access_group(self.request.user, self.kwargs["pk"])
