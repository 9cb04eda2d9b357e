"""What the templates' own tags and filters say."""

import datetime as dt
import re

import pytest
import time_machine
from django import forms
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from institutions import ribbon
from institutions.hours import WeekHours
from institutions.templatetags import vmobility as tags

NOW = dt.datetime(2026, 11, 24, 14, 5, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False), timezone.override("UTC"):
        yield


def render(source: str, zone: str = "Europe/Lisbon", path: str = "/", **context) -> str:
    request = RequestFactory().get(path)
    request.zone = ribbon.Place(zone).tz
    return Template("{% load vmobility %}" + source).render(RequestContext(request, context))


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", re.sub(r"</t[dh]>", " ", html)).split())


class TestTime:
    def test_an_instant_names_its_zone_and_keeps_utc_beside_it(self):
        html = render("{% when at %}", "Asia/Kolkata", at=NOW)
        assert words(html) == "Tue 24 Nov, 19:35 Kolkata"
        assert 'datetime="2026-11-24T14:05+00:00"' in html
        assert 'title="Tue 24 Nov, 14:05 UTC"' in html

    def test_another_zone(self):
        assert words(render('{% when at zone="America/Argentina/Buenos_Aires" %}', at=NOW)) == (
            "Tue 24 Nov, 11:05 Buenos Aires"
        )

    def test_both_sides_and_a_day_that_differs(self):
        assert words(render('{% both at "Asia/Kolkata" %}', at=NOW)) == "Tue 24 Nov, 14:05 Lisbon (19:35 Kolkata)"
        assert words(render('{% both at "Pacific/Auckland" %}', at=NOW)) == (
            "Tue 24 Nov, 14:05 Lisbon (Wed 03:05 Auckland)"
        )
        assert words(render('{% both at "Europe/Lisbon" %}', at=NOW)) == "Tue 24 Nov, 14:05 Lisbon"

    def test_without_a_request_the_active_zone_counts(self):
        with timezone.override("Africa/Cairo"):
            html = Template("{% load vmobility %}{% when at %}").render(Context({"at": NOW}))
        assert words(html) == "Tue 24 Nov, 16:05 Cairo"

    def test_nothing_to_show(self):
        source = "{% when at %}{% both at 'UTC' %}{% local_date at %}{% relative at %}{% countdown at %}{% clock at %}"
        assert render(source, at=None) == ""

    def test_the_year_where_it_could_be_mistaken(self):
        assert words(render("{% local_date d %}", d=dt.date(2027, 1, 8))) == "Fri 8 Jan"
        assert words(render("{% local_date d %}", d=dt.date(2027, 11, 8))) == "Mon 8 Nov 2027"

    def test_ranges(self):
        near, far = dt.date(2027, 1, 8), dt.date(2028, 2, 1)
        assert words(render("{% date_range a b %}", a=dt.date(2026, 10, 12), b=near)) == "12 Oct to 8 Jan"
        assert words(render("{% date_range a b %}", a=near, b=far)) == "8 Jan 2027 to 1 Feb 2028"
        assert words(render("{% date_range a b %}", a=far, b=far)) == "1 Feb to 1 Feb 2028"
        assert words(render("{% date_range a b %}", a=near, b=None)) == "Fri 8 Jan"

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "now"), (59, "now"), (120, "in 2 min"), (3600, "in 1 h"), (14100, "in 3 h 55 min"),
            (36 * 3600, "in 36 h"), (72 * 3600, "in 3 days"), (-7200, "2 h ago"), (-200000, "2 days ago"),
        ],
    )  # fmt: skip
    def test_relative(self, seconds, text):
        assert render("{% relative at %}", at=NOW + dt.timedelta(seconds=seconds)) == text

    def test_the_clock_of_the_top_bar(self):
        assert words(render("{% zone_clock %}", "Asia/Kathmandu")) == "Kathmandu 19:50"


class TestRibbon:
    LISBON = ribbon.Place("Europe/Lisbon")

    def drawn(self, *starts: dt.datetime, places=("Pacific/Auckland",)) -> str:
        slots = [ribbon.Slot(start, 90) for start in starts]
        return render("{% ribbon r %}", r=ribbon.for_slots(self.LISBON, map(ribbon.Place, places), slots))

    def test_pills_say_the_day_and_the_night(self):
        html = self.drawn(NOW)
        assert ">14:05</text>" in html
        assert ">Wed 03:05 night</text>" in html

    def test_the_table_says_the_same_in_words(self):
        text = words(self.drawn(NOW))
        assert "Lisbon UTC+0, your time Tue 24 Nov, 14:05 to 15:35 (day)" in text
        assert "Auckland UTC+13 Wed 25 Nov, 03:05 to 04:35 (night)" in text

    def test_weekly_hours_in_words(self):
        hours = WeekHours.daily("13:30", "15:30", range(4)) | WeekHours.daily("09:00", "10:00", (4,))
        week = ribbon.for_week(self.LISBON, [ribbon.Place("Asia/Kolkata", "Pune")], hours, "Asia/Kolkata", NOW.date())
        text = words(render("{% ribbon r %}", r=week))
        assert "Mon to Thu 13:30 to 15:30; Fri 09:00 to 10:00" in text
        assert "Mon to Thu 08:00 to 10:00; Fri 03:30 to 04:30" in text

    def test_no_style_attributes_and_no_commas_in_numbers(self):
        with translation.override("pt"):
            html = self.drawn(NOW)
        assert "style=" not in html
        assert not re.search(r'(?:x|y|width|height|x1)="[^"]*,', html)

    def test_mini(self):
        hours = WeekHours.daily("13:30", "15:30", range(4))
        html = render("{% mini_ribbon hours 'Asia/Kolkata' %}", hours=hours)
        assert 'aria-label="Live hours on the clock in Lisbon: Mon to Thu 08:00 to 10:00"' in html
        assert '<rect class="live" x="33.333%"' in html
        assert render("{% live_words hours 'Asia/Kolkata' %}", hours=hours) == "08:00 to 10:00 Lisbon"
        assert render("{% live_words hours 'UTC' %}", hours=WeekHours()) == "no live hours"

    def test_hours_through_midnight_are_one_stretch(self):
        hours = WeekHours.daily("04:00", "06:30", range(4))
        assert render("{% live_words hours 'Asia/Kolkata' %}", hours=hours) == "22:30 to 01:00 Lisbon"


class TestMarkdown:
    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](https://example.org/pixel.png)",
            "<img src=x onerror=alert(1)>", "[x](data:text/html;base64,PHNjcmlwdD4=)", "<a href='#' style='x'>y</a>",
            '[x](https://e.org "a\\" onclick=alert(1)")', "<iframe src=//e.org></iframe>",
        ],
    )  # fmt: skip
    def test_nothing_hostile_comes_through(self, hostile):
        html = tags.markdown(hostile)
        assert not re.search(r"<(script|img|iframe)|<[^>]+ (on\w+|style|src)=|href=.(javascript|data)", html)

    def test_links_vouch_for_nothing_and_headings_stay_below_the_page(self):
        html = tags.markdown("# Weeks\n\n[reader](https://example.org) and **bold**")
        assert "<h3>Weeks</h3>" in html
        assert 'rel="nofollow noopener noreferrer"' in html
        assert "<strong>bold</strong>" in html

    def test_empty(self):
        assert tags.markdown("") == tags.markdown(None) == ""


class TestPieces:
    def test_states_have_a_word_and_a_shape(self):
        html = tags.state_tag("submitted", "Waiting")
        assert 'class="tag wait"' in html and "<svg" in html and "Waiting" in html
        assert 'class="tag quiet"' in tags.state_tag("never-heard-of")
        assert 'class="tag bad"' in tags.state_tag("active", "No", tone="bad")
        assert "&lt;b&gt;" in tags.state_tag("x", "<b>")

    @pytest.mark.parametrize(("share", "width"), [(0.5, "50%"), (0, "2%"), (7, "100%"), (-1, "2%"), (None, "2%")])
    def test_bars_stay_in_bounds(self, share, width):
        assert f'class="value" width="{width}"' in tags.bar(share)

    def test_icons_are_decorative_unless_named(self):
        assert 'aria-hidden="true"' in tags.icon("bell")
        assert "Inbox" in tags.icon("bell", label="Inbox")

    @pytest.mark.parametrize(("name", "letters"), [("Bruno Matos", "BM"), ("Asha", "A"), ("Ana de la Cruz", "AC")])
    def test_initials(self, name, letters):
        assert tags.initials(type("Person", (), {"name": name})()) == letters

    def test_menu_entries_know_where_one_is(self):
        source = '{% nav_link "account_login" "In" %}'
        assert 'aria-current="page"' in render(source, path="/accounts/login/")
        assert 'aria-current="true"' in render(source, path="/accounts/login/more/")
        assert "aria-current" not in render(source, path="/offers/")
        assert 'aria-current="true"' in render(source, path="/offers/", nav_active="account_login")
        assert render('{% nav_link "no_such_page" "x" %}') == ""

    def test_pages_with_gaps(self):
        page = Paginator(range(400), 20).get_page(7)
        assert list(tags.page_numbers(page)) == [1, 0, 6, 7, 8, 0, 20]

    def test_pagination_keeps_the_query(self):
        page = Paginator(range(400), 20).get_page(7)
        html = render('{% include "includes/pagination.html" %}', path="/offers/?q=rivers&field=07&page=7", page=page)
        assert "?q=rivers&amp;field=07&amp;page=8" in html


class SampleForm(forms.Form):
    title = forms.CharField(label="Title", help_text="In one breath")
    note = forms.CharField(label="Note", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="I agree")

    def clean(self):
        raise forms.ValidationError("Together this makes no sense.")


class TestForms:
    def test_a_field_is_tied_to_its_help_and_error(self):
        html = str(SampleForm({}))
        assert 'aria-describedby="id_title_helptext id_title_error"' in html
        assert 'aria-invalid="true"' in html
        assert '<ul class="errorlist" id="id_title_error">' in html

    def test_only_optional_fields_are_marked(self):
        html = str(SampleForm())
        assert html.count("(optional)") == 1
        assert re.search(r'for="id_note">Note <span class="optional">', html)

    def test_the_summary_links_every_error_to_its_field(self):
        html = render('{% include "includes/error_summary.html" %}', form=SampleForm({}))
        assert "There are 4 problems" in html
        assert '<a href="#id_title">Title: This field is required.</a>' in html
        assert '<a href="#id_kind_group">' in html and 'id="id_kind_group"' in str(SampleForm({}))
        assert '<a href="#id_agree">' in html
        assert "<li>Together this makes no sense.</li>" in words_kept(html)

    def test_the_summary_of_several_forms(self):
        forms_sent = [SampleForm({}, prefix="one"), SampleForm({}, prefix="two")]
        html = render('{% include "includes/error_summary.html" with forms=both %}', both=forms_sent)
        assert "There are 8 problems" in html and "#id_two-title" in html

    def test_no_summary_without_errors(self):
        assert render('{% include "includes/error_summary.html" %}', form=SampleForm()).strip() == ""


def words_kept(html: str) -> str:
    return re.sub(r">\s+|\s+<", lambda match: match.group().strip(), html)


class TestRemember:
    def test_rendered_once_for_each_name_language_and_argument(self):
        source = '{% remember "test piece" key %}{{ text }}{% endremember %}'
        assert render(source, key=1, text="first") == "first"
        assert render(source, key=1, text="second") == "first"
        assert render(source, key=2, text="second") == "second"
        with translation.override("pt"):
            assert render(source, key=1, text="terceiro") == "terceiro"
