"""The template tags and parts that every page is made of."""

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path

from registry.templatetags import words
from tests.pages.drawing import drawn


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", answer, name="overview"),
    path("models/", answer, name="models"),
    path("models/<str:name>/", answer, name="model"),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize(
    ("stage", "word"),
    [(None, "New"), ("", "New"), ("none", "New"), ("staging", "Staging"), ("production", "Production"),
     ("archived", "Archived")],
)  # fmt: skip
def test_a_stage_has_a_glyph_and_a_word(stage: str | None, word: str) -> None:
    alone, badge = drawn("{% stage_glyph s %}", s=stage), drawn("{% stage_badge s %}", s=stage)
    assert f'role="img"><title>{word}</title>' in alone
    assert f"<title>{word}</title>" in alone
    assert badge.endswith(f"{word}</span>")
    assert 'aria-hidden="true"' in badge


@pytest.mark.parametrize("state", [*words.STATES, "never_heard_of"])
def test_a_state_has_a_word_everywhere(state: str) -> None:
    word = words.state(state).word
    assert word
    for tag in ("status", "status_badge", "status_glyph"):
        assert word in drawn(f"{{% {tag} s %}}", s=state)


def test_two_states_never_share_both_glyph_and_word() -> None:
    signs = {(sign.glyph, sign.word) for sign in words.STATES.values()}
    assert len({word for _, word in signs}) == len(signs)


def test_what_people_typed_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    for tag in (
        "{% tag_chip x 3 %}",
        "{% who x %}",
        "{% crumb x %}",
        "{% status x %}",
        "{% kind_icon x %}",
        "{{ x|cut:5 }}",
    ):
        assert "<script>" not in drawn(tag, x=hostile).lower()


@pytest.mark.parametrize(("name", "initials"), [("ada", "ad"), ("<b>", "&lt;b"), ("<i>" + "m" * 30, "&lt;i")])
def test_a_person_whose_name_is_cut_keeps_their_initials(name: str, initials: str) -> None:
    assert f'aria-hidden="true">{initials}</span>' in drawn("{% who x|cut:24 %}", x=name)


@pytest.mark.parametrize(("color", "shown"), [(1, 1), ("8", 8), (0, 7), (9, 7), ("x", 7), (None, 7)])
def test_a_tag_is_of_one_of_eight_colours(color: object, shown: int) -> None:
    assert f'class="tag tag-{shown}"' in drawn('{% tag_chip "risk" c %}', c=color)


class Example(forms.Form):
    """A form with each kind of widget that the pages use."""

    name = forms.CharField(help_text="1 to 255 characters")
    stage = forms.ChoiceField(choices=[("staging", "staging")])
    force = forms.BooleanField(required=False)


def test_a_refused_field_says_so_to_everyone() -> None:
    form = Example({"name": "", "stage": "staging"})
    html = drawn('{% include "parts/_field.html" with field=form.name %}', form=form)
    assert 'class="form-control is-invalid"' in html
    assert 'aria-invalid="true"' in html
    described = html.split('aria-describedby="')[1].split('"')[0].split()
    assert described
    for name in described:
        assert f'id="{name}"' in html
    assert "This field is required." in html


def test_controls_have_their_classes() -> None:
    form = Example()
    assert 'class="form-select"' in drawn("{% control form.stage %}", form=form)
    assert 'class="form-check-input"' in drawn("{% control form.force %}", form=form)
    assert 'hx-get="/x/"' in drawn('{% control form.name hx_get="/x/" %}', form=form)


def test_links_to_pages_that_are_not_there_are_hidden() -> None:
    assert drawn("{% nav_url 'models' %}|{% nav_url 'runs' %}") == "/models/|"
    html = drawn('{% nav_item "runs" "player-play" "Runs" %}')
    assert "href" not in html


@pytest.mark.parametrize(
    ("address", "current"), [("/", "Overview"), ("/models/", "Models"), ("/models/churn_gbm/", "Models")]
)
def test_the_sidebar_marks_where_one_is(address: str, current: str) -> None:
    html = render_to_string("base.html", request=RequestFactory().get(address))
    marked = html.split('aria-current="page"')
    assert len(marked) == 2
    assert f'nav-link-title">{current}<' in marked[1][:700]


def test_undo_leads_nowhere_else() -> None:
    for extra, shown in (
        ("undo:/x/undo/", "/x/undo/"),
        ("undo://evil.example", ""),
        ("undo:javascript:x", ""),
        ("", ""),
    ):
        assert drawn("{{ m|undo_url }}", m=Message(20, "Done", extra_tags=extra)) == shown


def test_query_changes_one_thing() -> None:
    request = RequestFactory().get("/models/?tag=risk&tag=eu&after=3&q=a%26b")
    assert (
        drawn('{% query sort="name" after=None %}', request=request)
        == "?tag=risk&amp;tag=eu&amp;q=a%26b&amp;sort=name"
    )


@pytest.mark.parametrize("page", ["400", "403", "404", "500", "csrf"])
def test_an_error_page_needs_nothing_and_says_what_to_do(page: str) -> None:
    html = render_to_string(f"errors/{page}.html")
    assert "<h1" in html
    assert 'href="/"' in html
    assert "just this" in render_to_string(f"errors/{page}.html", {"message": "just this"})


def test_a_message_shows_commands_as_code_and_hostile_text_as_text() -> None:
    said = drawn("{{ text|spans }}", text="See `modelcp model list`, not `<b>` or <i> or a lone `.")
    assert said == "See <code>modelcp model list</code>, not <code>&lt;b&gt;</code> or &lt;i&gt; or a lone `."


@pytest.mark.parametrize(("shown", "said"), [(1, "1 person"), (2, "2 people")])
def test_the_foot_of_a_list_counts_in_words(shown: int, said: str) -> None:
    part = '{% include "parts/_pager.html" with shown=shown noun="person,people" %}'
    assert f">{said}</span>" in drawn(part, shown=shown)


@pytest.mark.parametrize(
    ("older", "in_all", "said"),
    [
        ("", None, "28 events"),
        ("", 28, "28 events"),
        ("?x", None, "28 shown"),
        ("?x", 1200, "28 of 1,200 events"),
    ],
)
def test_the_foot_of_a_page_doesnt_call_its_rows_all_there_are(
    older: str, in_all: int | None, said: str
) -> None:
    part = '{% include "parts/_pager.html" with shown=28 noun="event,events" order="newest first" %}'
    assert f">{said}, newest first</span>" in drawn(part, older=older, in_all=in_all)


@pytest.mark.parametrize(
    ("order", "before", "after"),
    [
        ("newest first", "Newer", "Older"),
        ("newest artifacts first", "Newer", "Older"),
        ("last changed first", "Newer", "Older"),
        ("the last deleted first", "Newer", "Older"),
        ("by name", "Previous", "Next"),
        ("oldest first", "Previous", "Next"),
        ("last changed at the end", "Previous", "Next"),
        ("", "Previous", "Next"),
    ],
)
def test_the_foot_of_a_list_speaks_of_time_only_where_its_order_does(
    order: str, before: str, after: str
) -> None:
    part = '{% include "parts/_pager.html" with shown=2 order=order newer=newer older=older %}'
    foot = drawn(part, order=order, newer="", older="?cursor=x")
    assert f'href="?cursor=x" rel="next">{after}' in foot
    assert f"{before}</span>" in foot
    assert "rel=" not in drawn(part, order=order, newer="", older="")
