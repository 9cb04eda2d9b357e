"""/api/v1/partnerships/: the agreements of one's own institutions, from draft to end."""

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from institutions import isced
from institutions.access import access_partnership, access_partnership_as_party, access_partnership_to_decide
from institutions.actions import partnerships
from institutions.api.rules import CleanText, Empty, InstitutionName, Note, known_institution
from institutions.enums import PartnershipStatus
from institutions.models import Partnership, PartnershipParty, PartnershipPlaces


class PartySerializer(serializers.ModelSerializer):
    institution = InstitutionName()

    class Meta:
        model = PartnershipParty
        fields = ["institution", "signed_at", "signed_version"]


class PlacesSerializer(serializers.ModelSerializer):
    sending = serializers.SlugRelatedField(**known_institution())
    receiving = serializers.SlugRelatedField(**known_institution())

    class Meta:
        model = PartnershipPlaces
        fields = ["sending", "receiving", "per_year"]


class PartnershipSerializer(serializers.ModelSerializer):
    parties = PartySerializer(many=True)
    places = PlacesSerializer(many=True)
    isced_fields = serializers.ListField(child=serializers.CharField(), source="fields")
    url = serializers.URLField(source="get_absolute_url")

    class Meta:
        model = Partnership
        fields = [
            *("id", "title", "status", "isced_fields", "valid_from", "valid_until", "recognition_terms", "version"),
            *("parties", "places", "created_at", "submitted_at", "decided_at", "decision_note", "url"),
        ]


class PartnershipWrite(serializers.Serializer):
    title = CleanText(max_length=200)
    institutions = serializers.SlugRelatedField(many=True, **known_institution())
    isced_fields = serializers.ListField(child=serializers.CharField(max_length=4), required=False, max_length=200)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()
    places = PlacesSerializer(many=True, required=False)
    recognition_terms = CleanText(multiline=True, max_length=8000, required=False, allow_blank=True)

    def validate_isced_fields(self, codes):
        if unknown := [code for code in codes if not isced.is_field(code)]:
            raise serializers.ValidationError(_("“%s” is not an ISCED-F field.") % unknown[0])
        return codes

    def text(self) -> dict:
        """What the actions take: on a change, the present text with what was sent in its place."""
        typed = dict(self.validated_data)
        if self.instance is not None:
            typed = {**_text_of(self.instance), **typed}
        places = {(row["sending"].pk, row["receiving"].pk): row["per_year"] for row in typed.pop("places", [])}
        fields = typed.pop("isced_fields", [])
        return {**typed, "fields": fields, "places": places}


class Signature(serializers.Serializer):
    institution = serializers.SlugRelatedField(**known_institution())
    version = serializers.IntegerField(min_value=1, help_text="The version that was read and is signed.")


class PartnershipFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=PartnershipStatus.choices)
    institution = django_filters.CharFilter(field_name="institutions__slug", label="Slug of a party.")

    class Meta:
        model = Partnership
        fields = ["status", "institution"]


@extend_schema_view(
    list=extend_schema(summary="Partnerships of your institutions"),
    retrieve=extend_schema(summary="One partnership"),
)
class PartnershipViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = PartnershipSerializer
    filterset_class = PartnershipFilter
    permission_classes = [permissions.IsAuthenticated]
    queryset = Partnership.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Partnership.objects.visible_to(self.request.user)
        return found.prefetch_related("parties__institution", "places__sending", "places__receiving")

    def get_object(self):
        return access_partnership(self.request.user, self.kwargs["pk"])

    @extend_schema(summary="Draft a partnership", request=PartnershipWrite, responses={201: PartnershipSerializer})
    def create(self, request):
        writer = self._valid(PartnershipWrite)
        return self._answer(partnerships.draft_partnership(actor=request.user, **writer.text()), status=201)

    @extend_schema(summary="Change a draft", request=PartnershipWrite, responses=PartnershipSerializer)
    def partial_update(self, request, pk):
        partnership = access_partnership_as_party(request.user, pk)
        writer = self._valid(PartnershipWrite, partnership)
        return self._answer(partnerships.edit_partnership(actor=request.user, partnership=partnership, **writer.text()))

    @extend_schema(summary="Close the text and ask for signatures", request=Empty, responses=PartnershipSerializer)
    @action(detail=True, methods=["post"], url_path="start-signing")
    def start_signing(self, request, pk):
        partnership = access_partnership_as_party(request.user, pk)
        return self._answer(partnerships.start_signing(actor=request.user, partnership=partnership))

    @extend_schema(summary="Sign for your institution", request=Signature, responses=PartnershipSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request, pk):
        partnership = access_partnership_as_party(request.user, pk)
        signature = self._valid(Signature).validated_data
        return self._answer(partnerships.sign(actor=request.user, partnership=partnership, **signature))

    @extend_schema(summary="End it, with the reason", request=Note, responses=PartnershipSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request, pk):
        partnership = access_partnership(request.user, pk)
        return self._decided(partnerships.end, partnership)

    @extend_schema(summary="Approve (platform admins)", request=Note, responses=PartnershipSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request, pk):
        return self._decided(partnerships.approve, access_partnership_to_decide(request.user, pk))

    @extend_schema(summary="Send back with comments (platform admins)", request=Note, responses=PartnershipSerializer)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request, pk):
        return self._decided(partnerships.send_back, access_partnership_to_decide(request.user, pk))

    @extend_schema(summary="Decline (platform admins)", request=Note, responses=PartnershipSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request, pk):
        return self._decided(partnerships.decline, access_partnership_to_decide(request.user, pk))

    def _decided(self, decide, partnership: Partnership) -> Response:
        note = self._valid(Note).validated_data["note"]
        return self._answer(decide(actor=self.request.user, partnership=partnership, note=note))

    def _valid(self, serializer_class, instance=None):
        writer = serializer_class(
            instance, data=self.request.data, partial=instance is not None, context={"request": self.request}
        )
        writer.is_valid(raise_exception=True)
        return writer

    def _answer(self, partnership: Partnership, status: int = 200) -> Response:
        return Response(PartnershipSerializer(partnership).data, status=status)


def _text_of(partnership: Partnership) -> dict:
    names = ("title", "valid_from", "valid_until", "recognition_terms")
    return {
        **{name: getattr(partnership, name) for name in names},
        "isced_fields": partnership.fields,
        "institutions": [party.institution for party in partnership.parties.select_related("institution")],
        "places": [
            {"sending": row.sending, "receiving": row.receiving, "per_year": row.per_year}
            for row in partnership.places.select_related("sending", "receiving")
        ],
    }
