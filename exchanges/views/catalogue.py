"""The open catalogue: offers that look for partners, and exchanges that learners can join. Nobody needs to sign in."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchanges.catalogue.cards import Card, exchange_cards, offer_cards
from exchanges.catalogue.picture import EXCHANGES, OFFERS, Catalogue
from exchanges.catalogue.queries import Answer, Asked, Viewer
from institutions.enums import Role
from institutions.models import Institution

PAGE_SIZE = 20


class Results(Paginator):
    """Pages of an answer: ids come from the picture, its cards from the database."""

    def __init__(self, answer: Answer, cards: Callable[[list[int]], list[Card]]) -> None:
        super().__init__(answer, PAGE_SIZE)
        self.cards = cards

    def page(self, number) -> Page:
        page = super().page(number)
        page.object_list = self.cards(page.object_list)
        return page


@require_safe
def offer_list(request: HttpRequest) -> HttpResponse:
    words = {
        "none_title": _("No open offers yet"),
        "none_text": _("The first ones appear here as soon as coordinators publish them."),
    }
    return _catalogue(request, OFFERS, offer_cards, "exchanges/offer_list.html", words, _offers_found)


@require_safe
def exchange_list(request: HttpRequest) -> HttpResponse:
    words = {
        "none_title": _("No exchange is open for joining just now"),
        "none_text": _("Exchanges appear here when their coordinators open enrolment."),
    }
    return _catalogue(request, EXCHANGES, exchange_cards, "exchanges/exchange_list.html", words, _exchanges_found)


def _offers_found(total: int) -> str:
    return ngettext("%(n)s open offer", "%(n)s open offers", total) % {"n": number_format(total, force_grouping=True)}


def _exchanges_found(total: int) -> str:
    return ngettext("%(n)s open exchange", "%(n)s open exchanges", total) % {
        "n": number_format(total, force_grouping=True)
    }


def _catalogue(  # noqa: PLR0917
    request: HttpRequest, catalogue: Catalogue, cards: Callable, template: str, words: dict, found: Callable[[int], str]
) -> HttpResponse:
    asked = Asked.of(request.GET)
    answer = Answer(catalogue, asked, Viewer.of(request.user, request.zone))
    context = words | {"answer": answer, "asked": asked, "heading": found(answer.total)}
    if request.htmx and not request.htmx.history_restore_request:
        context["page"] = Results(answer, cards).get_page(request.GET.get("page"))
        update = render(request, "exchanges/_catalogue_update.html", context)
        update["HX-Push-Url"] = request.path + asked.address
        return update

    def page() -> dict:
        return context | {"page": Results(answer, cards).get_page(request.GET.get("page"))}

    if asked.filtered or request.GET.get("page") or request.user.is_authenticated or request.COOKIES.get("messages"):
        coordinates = request.user.is_authenticated and Institution.objects.of(request.user, Role.COORDINATOR).exists()
        return render(request, template, page() | {"coordinates": coordinates})
    return FRONT_PAGES.answer(request, template, answer, page)


class FrontPages:
    """The first, unfiltered page as visitors see it, kept for a minute or until the catalogue changes.

    It is what most visitors open, and the same for all who share a language, a zone and a sort. Only the CSRF token is
    each visitor's own: a mark stands in its place. Everything with a search, a filter or a person is made anew.
    """

    MARK = "csrf-token-of-this-visitor"
    MOST = 200

    def __init__(self) -> None:
        self.pages: OrderedDict[tuple, str] = OrderedDict()
        self.lock = Lock()

    def answer(self, request: HttpRequest, template: str, answer: Answer, context: Callable[[], dict]) -> HttpResponse:
        minute = int(timezone.now().timestamp()) // 60
        key = (
            *(template, request.get_full_path(), request.get_host(), get_language(), request.zone.key),
            *(answer.picture.number, answer.total, minute),
        )
        page = self.pages.get(key)
        if page is None:
            page = render_to_string(template, context() | {"csrf_token": self.MARK}, request)
            with self.lock:
                self.pages[key] = page
                while len(self.pages) > self.MOST:
                    self.pages.popitem(last=False)
        return HttpResponse(page.replace(self.MARK, get_token(request)))


FRONT_PAGES = FrontPages()
