"""Intakes for everybody: the list, and the page that says what can be chosen and until when."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchanges.access import access_intake
from exchanges.actions.choices import institutions_of
from exchanges.actions.intakes import may_manage
from exchanges.enums import IntakeStatus
from exchanges.models import ChoiceList, Intake, Placement
from exchanges.views.history import history_of
from institutions.enums import Role
from institutions.models import Membership

PER_PAGE = 20


@require_safe
def intake_list(request: HttpRequest) -> HttpResponse:
    user = request.user
    visible = Intake.objects.visible_to(user)
    lists = {
        "open": (_("Open now"), visible.filter(status=IntakeStatus.OPEN).order_by("closes", "pk")),
        "past": (_("Closed"), visible.filter(status__in=PAST)),
    }
    if user.is_authenticated:
        mine = visible.filter(choice_lists__learner=user)
        lists["mine"] = (_("My choices"), mine)
        managed = Intake.objects.managed_by(user)
        if may_prepare(user):
            lists["run"] = (_("That I run"), managed)
    current = request.GET.get("list")
    current = current if current in lists else "open"
    found = lists[current][1].select_related("institution").annotate(exchange_count=Count("entries", distinct=True))
    return render(
        request,
        "exchanges/intake_list.html",
        {
            "lists": [
                {"label": label, "url": f"?list={name}", "current": name == current}
                for name, (label, _rows) in lists.items()
            ],
            "list": current,
            "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
            "can_prepare": may_prepare(user),
            "nav_active": "intake_list",
        },
    )


PAST = (IntakeStatus.CLOSED, IntakeStatus.REVIEW, IntakeStatus.PUBLISHED, IntakeStatus.DONE)


@require_safe
def intake_detail(request: HttpRequest, pk: int) -> HttpResponse:
    user = request.user
    intake = access_intake(user, pk)
    manages = may_manage(user, intake)
    choices = ChoiceList.objects.filter(intake=intake, learner=user).first() if user.is_authenticated else None
    placement = Placement.objects.filter(choice_list=choices).first() if choices and intake.has_result else None
    entries = (
        intake.entries.select_related("exchange__offer__institution")
        .prefetch_related("exchange__parts__institution", "quotas__institution", "priority_lines")
        .order_by("exchange__title", "pk")
    )
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchanges/intake_detail.html",
        {
            "intake": intake,
            "page_obj": page,
            "choices": choices,
            "placement": placement,
            "can_choose": intake.status == IntakeStatus.OPEN
            and intake.closes > timezone.now()
            and user.is_authenticated
            and bool(institutions_of(user, intake)),
            "manages": manages,
            "tabs": intake_tabs(user, intake, "intake_detail", manages=manages),
            "history": history_of(intake) if manages else [],
            "crumbs": intake_crumbs(),
            "nav_active": "intake_list",
        },
    )


def may_prepare(user) -> bool:
    """Whether the person may prepare intakes: platform admins, and coordinators."""
    if not user.is_authenticated:
        return False
    return user.is_platform_admin or Membership.objects.active().of(user, Role.COORDINATOR).exists()


def search_words(request: HttpRequest) -> str:
    """What is looked for, without what no title has and no database takes."""
    return "".join(letter for letter in request.GET.get("q", "") if letter.isprintable()).strip()[:100]


def intake_crumbs(intake: Intake | None = None) -> list[tuple[str, str]]:
    crumbs = [(_("Intakes"), reverse("intake_list"))]
    return crumbs if intake is None else [*crumbs, (intake.title, intake.get_absolute_url())]


def intake_tabs(user, intake: Intake, current: str, *, manages: bool) -> list[dict]:
    """The pages of the intake that this person may open; none where there is but one."""
    pages = [("intake_detail", _("Overview"))]
    status = IntakeStatus(intake.status)
    if manages and status in (IntakeStatus.DRAFT, IntakeStatus.OPEN):
        pages.append(("intake_exchanges", _("Exchanges and rules")))
    elif manages and status != IntakeStatus.CANCELLED:
        pages.append(("intake_review", _("Result")))
    if status in IntakeStatus.public() and (manages or _takes_part(user, intake)):
        pages.append(("intake_places", _("Learners")))
    tabs = [
        {"label": label, "url": reverse(name, args=[intake.pk]), "current": name == current} for name, label in pages
    ]
    return tabs if len(tabs) > 1 else []


def _takes_part(user, intake: Intake) -> bool:
    if not user.is_authenticated:
        return False
    own = Membership.objects.active().of(user, Role.COORDINATOR)
    return own.filter(institution__exchange_parts__exchange__entries__intake=intake).exists()
