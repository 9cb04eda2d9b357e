"""/api/v1/notices/: one's own inbox; /api/v1/notice-settings/: how one wants to be reached."""

import django_filters
from django.utils import translation
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from institutions.access import access_notice
from institutions.actions import notices, preferences
from institutions.api.rules import Empty
from institutions.enums import Delivery, NoticeGroup
from institutions.interop.mail import shown
from institutions.models import Notice
from institutions.notice_kinds import KINDS, choosable_groups, kinds_of


class NoticeSerializer(serializers.ModelSerializer):
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    group = serializers.SerializerMethodField()
    url = serializers.CharField(read_only=True)

    class Meta:
        model = Notice
        fields = ["id", "kind", "group", "title", "text", "url", "created_at", "read_at"]

    def _shown(self, notice) -> tuple[str, str]:
        if not hasattr(notice, "as_shown"):
            with translation.override(notice.recipient.language):
                notice.as_shown = shown(notice)
        return notice.as_shown

    def get_title(self, notice) -> str:
        return self._shown(notice)[0]

    def get_text(self, notice) -> str:
        return self._shown(notice)[1]

    def get_group(self, notice) -> str:
        return str(KINDS[notice.kind].group) if notice.kind in KINDS else ""


class NoticeFilter(django_filters.FilterSet):
    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull", label="Only unread ones.")
    group = django_filters.ChoiceFilter(choices=NoticeGroup.choices, method="in_group")

    class Meta:
        model = Notice
        fields = ["unread", "group"]

    def in_group(self, found, name, value):
        return found.filter(kind__in=kinds_of(value))


@extend_schema_view(list=extend_schema(summary="Your inbox, newest first"))
class NoticeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter
    permission_classes = [permissions.IsAuthenticated]
    lookup_value_converter = "int"
    queryset = Notice.objects.none()

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Notice.objects.inbox(self.request.user).select_related("recipient")

    @extend_schema(summary="Mark a notice as read", request=Empty, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request, pk):
        notice = access_notice(request.user, pk)
        notices.read(actor=request.user, notice=notice)
        return Response(NoticeSerializer(access_notice(request.user, pk)).data)

    @extend_schema(summary="Mark a notice as not read yet", request=Empty, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def unread(self, request, pk):
        notice = access_notice(request.user, pk)
        notices.unread(actor=request.user, notice=notice)
        return Response(NoticeSerializer(access_notice(request.user, pk)).data)


class ChoiceSerializer(serializers.Serializer):
    group = serializers.ChoiceField(choices=[(str(group), group.label) for group in choosable_groups()])
    inbox = serializers.BooleanField(help_text="Whether it is told in the app.")
    email = serializers.ChoiceField(choices=Delivery.choices)


class NoticeSettingsSerializer(serializers.Serializer):
    digest_at = serializers.TimeField(required=False, help_text="On your own clock.")
    digest_day = serializers.IntegerField(required=False, min_value=0, max_value=6, help_text="Monday is 0.")
    groups = ChoiceSerializer(many=True, required=False)


class NoticeSettingsView(APIView):
    permission_classes = [permissions.IsAuthenticated]

    @extend_schema(summary="How notices reach you", responses=NoticeSettingsSerializer)
    def get(self, request):
        return Response(_settings_of(request.user))

    @extend_schema(
        summary="Choose how notices reach you; groups that are left out stay as they are",
        request=NoticeSettingsSerializer,
        responses=NoticeSettingsSerializer,
    )
    def patch(self, request):
        said = NoticeSettingsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        preferences.change_preferences(
            actor=request.user,
            groups={each["group"]: (each["inbox"], each["email"]) for each in values.get("groups", [])},
            digest_at=values.get("digest_at"),
            digest_day=values.get("digest_day"),
        )
        return Response(_settings_of(request.user))


def _settings_of(user) -> dict:
    chosen = preferences.choices_by_group(user)
    groups = [{"group": group, "inbox": each.inbox, "email": each.email} for group, each in chosen.items()]
    return NoticeSettingsSerializer({"digest_at": user.digest_at, "digest_day": user.digest_day, "groups": groups}).data
