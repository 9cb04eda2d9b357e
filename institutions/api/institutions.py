"""/api/v1/institutions/: what the institution pages show, and registering and editing one."""

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response

from institutions.access import access_institution, access_institution_to_edit
from institutions.actions import institutions
from institutions.api.rules import checked
from institutions.enums import Kind
from institutions.forms.institutions import InstitutionForm
from institutions.models import Institution


class InstitutionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="matching", label="Words of the name or the city.")
    country = django_filters.CharFilter(label="ISO 3166 code.")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)

    class Meta:
        model = Institution
        fields = ["q", "country", "kind"]

    def matching(self, found, name, value):
        return found.matching(value)


class InstitutionSerializer(serializers.ModelSerializer):
    domains = serializers.SlugRelatedField(many=True, read_only=True, slug_field="domain")
    languages = serializers.ListField(child=serializers.CharField(), read_only=True)
    url = serializers.URLField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Institution
        fields = [
            *("slug", "name", "kind", "country", "city", "zone", "website", "description", "languages", "domains"),
            *("schac", "erasmus_code", "pic", "ror", "status", "url"),
        ]


class InstitutionWrite(serializers.Serializer):
    """The facts of an institution; the rules are those of the registration form."""

    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Kind.choices)
    country = serializers.CharField(max_length=2, help_text="ISO 3166 code")
    city = serializers.CharField(max_length=100)
    zone = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="IANA name; may be left out where the country has one",
    )
    website = serializers.CharField(max_length=200)
    domains = serializers.ListField(child=serializers.CharField(max_length=253), required=False, max_length=20)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=35), max_length=20, help_text="BCP 47 tags"
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=4000, help_text="Markdown")
    schac = serializers.CharField(required=False, allow_blank=True, max_length=120)
    erasmus_code = serializers.CharField(required=False, allow_blank=True, max_length=20)
    pic = serializers.CharField(required=False, allow_blank=True, max_length=20)
    ror = serializers.CharField(required=False, allow_blank=True, max_length=60)

    def validate(self, attrs):
        known = InstitutionForm.facts_of(self.instance) if self.instance else {}
        typed = {**known, **attrs}
        typed["domains"] = "\n".join(typed.get("domains", []))
        typed["languages"] = "\n".join(typed.get("languages", []))
        form = InstitutionForm(typed)
        cleaned = checked(form)
        return {**form.facts(), "domains": cleaned["domains"]}

    def create(self, validated_data):
        return institutions.register(actor=self.context["request"].user, **validated_data)

    def update(self, instance, validated_data):
        return institutions.edit(actor=self.context["request"].user, institution=instance, **validated_data)


@extend_schema_view(
    list=extend_schema(summary="Verified institutions, and your own that are not verified yet"),
    retrieve=extend_schema(summary="One institution"),
)
class InstitutionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = InstitutionSerializer
    filterset_class = InstitutionFilter
    lookup_field = "slug"
    lookup_value_converter = "slug"
    queryset = Institution.objects.none()

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Institution.objects.visible_to(self.request.user).prefetch_related("domains").order_by("name", "pk")

    def get_object(self):
        return access_institution(self.request.user, self.kwargs["slug"])

    @extend_schema(summary="Register an institution", request=InstitutionWrite, responses={201: InstitutionSerializer})
    def create(self, request):
        writer = InstitutionWrite(data=request.data, context={"request": request})
        writer.is_valid(raise_exception=True)
        return Response(InstitutionSerializer(writer.save()).data, status=201)

    @extend_schema(summary="Change an institution's facts", request=InstitutionWrite, responses=InstitutionSerializer)
    def partial_update(self, request, slug):
        institution = access_institution_to_edit(request.user, slug)
        writer = InstitutionWrite(institution, data=request.data, partial=True, context={"request": request})
        writer.is_valid(raise_exception=True)
        return Response(InstitutionSerializer(writer.save()).data)
