"""The template tags and parts that every page is made of."""

from datetime import UTC, datetime, timedelta
from html import escape

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path

from registry.templatetags import formats, words
from registry.templatetags.prose import render as markdown

NOW = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", answer, name="overview"),
    path("models/", answer, name="models"),
    path("models/<str:name>/", answer, name="model"),
]
pytestmark = pytest.mark.urls(__name__)


def drawn(source: str, **context: object) -> str:
    return Template("{% load mc %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("[x](javascript:alert(1))", "href"),
        ("[x](JaVaScRiPt:alert(1))", "href"),
        ("[x](java\nscript:alert(1))", "href"),
        ("[x](&#106;avascript:alert(1))", "href"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "href"),
        ("[x](vbscript:msgbox)", "href"),
        ("<javascript:alert(1)>", "href"),
        ("![x](https://evil.example/pixel.png)", "<img"),
        ("![x](//evil.example/pixel.png)", "<img"),
        ("![x](/\\evil.example/pixel.png)", "/\\"),
        ("![x](javascript:alert(1))", "src="),
        ('[x](https://a.example "\\" onmouseover=\\"alert(1)")', ' onmouseover="'),
        ("| a |\n|:-:|\n| b |", "style="),
        ("<div class='modal'>x</div>", "<div"),
        ("<style>*{display:none}</style>", "<style"),
        ("# Title", "<h1"),
    ],
)
def test_markdown_gives_nothing_hostile(text: str, forbidden: str) -> None:
    assert forbidden not in markdown(text)


def test_markdown_keeps_what_a_card_needs() -> None:
    html = markdown(
        "**b** *i* `c` ~~s~~\n\n- one\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx < 1\n```\n\n## Sub"
    )
    for kept in ("<strong>b", "<em>i", "<code>c", "<s>s", "<li>one", "<td>1", "x &lt; 1", "<h4>Sub"):
        assert kept in html
    assert '<pre tabindex="0">' in html
    assert '<div class="table-scroll" tabindex="0"' in html


def test_markdown_links_give_nothing_away_and_own_images_stay() -> None:
    assert 'rel="nofollow noopener noreferrer"' in markdown("[a](https://a.example)")
    assert '<img src="/artifacts/plot/1/" alt="a &quot;b&quot;"' in markdown('![a "b"](/artifacts/plot/1/)')
    assert '<a href="https://a.example/x.png"' in markdown("![plot](https://a.example/x.png)")


@pytest.mark.parametrize(
    "text", ["[" * 10_000, "|a" * 200 + "|\n" + "|-" * 200 + "|\n" + "|\n" * 200, "<b>" + "a " * 100_000]
)
def test_markdown_that_takes_long_is_shown_as_it_was_written(text: str) -> None:
    assert markdown(text) == f'<pre tabindex="0"><code>{escape(text, quote=True)}</code></pre>'


def test_a_long_card_with_tables_is_still_markdown() -> None:
    table = "|a|b|c|d|\n|-|-|-|-|\n" + "|1|2|3|4|\n" * 60
    text = f"Some **words** about it, [and a link](/models/).\n\n{table}\n" * 20
    assert markdown(text).count("<td>") == 60 * 4 * 20


def test_markdown_of_nothing_is_nothing() -> None:
    assert drawn("{{ text|markdown }}", text=None) == ""


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


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        ({"seconds": 59}, "now"), ({"seconds": 60}, "1 min"), ({"minutes": 59, "seconds": 59}, "59 min"),
        ({"hours": 1}, "1 h"), ({"hours": 23.99}, "23 h"), ({"hours": 24}, "yesterday"),
        ({"hours": 47.99}, "yesterday"), ({"days": 2}, "2 d"), ({"days": 88}, "88 d"), ({"days": 99}, "99 d"),
        ({"days": 100}, "3 mo"), ({"days": 729}, "24 mo"), ({"days": 730}, "2 y"),
        ({"hours": -3}, "in 3 h"), ({"hours": -30}, "tomorrow"), ({"days": -12}, "in 12 d"),
    ],
)  # fmt: skip
def test_ago(distance: dict[str, float], text: str) -> None:
    assert formats.ago(NOW - timedelta(**distance), NOW) == text


def test_ago_as_a_time_element() -> None:
    html = drawn('{% ago at "ago" %}', at=datetime.now(UTC) - timedelta(hours=3, minutes=1))
    assert ">3 h ago</time>" in html
    assert 'datetime="20' in html
    assert "UTC" in html
    assert drawn("{% ago at %}", at=None) == '<span class="none">–</span>'
    assert formats.exact(NOW) == "23 Nov 2026, 09:42 UTC"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (48256, "48.3 kB"), (999_960, "1.0 MB"),
     (4_200_000, "4.2 MB"), (116_000_000, "116 MB"), (3 * 10**12, "3.0 TB"), (5 * 10**15, "5,000 TB"),
     ("x", "x")],
)  # fmt: skip
def test_size(value: object, text: str) -> None:
    assert formats.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.9204, "0.9204"), (0.123456789, "0.123457"), (-0.019, "−0.019"), (16216, "16,216"),
     (1234567.8, "1,234,568"), (16216.0, "16,216.0"), (1e20, "1e+20"),
     (1e-12, "1e−12"), (True, "yes"), (float("nan"), "not a number"),
     (float("-inf"), "−∞"), ("tabular", "tabular"), (0.1 + 0.2, "0.3")],
)  # fmt: skip
def test_metric(value: object, text: str) -> None:
    assert formats.metric(value) == text


def test_a_shortened_metric_tells_the_exact_one() -> None:
    assert drawn("{{ v|metric }}", v=0.123456789) == '<span title="0.123456789">0.123457</span>'
    assert drawn("{{ v|metric }}", v=-0.5) == "−0.5"


@pytest.mark.parametrize(
    ("change", "verdict", "text"),
    [(0.0042, "better", "+0.0042 better"), (-0.019, "worse", "−0.019 worse"), (0.0, "same", "0 same"),
     (None, "missing", "missing"), (16216, "not_judged", "+16,216 not judged")],
)  # fmt: skip
def test_a_delta_always_says_its_verdict(change: float | None, verdict: str, text: str) -> None:
    assert f">{text}</span>" in drawn("{% delta c v %}", c=change, v=verdict)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (12, "12 s"),
        (372, "6 min 12 s"),
        (3840, "1 h 04 min"),
        (183600, "2 d 3 h"),
        (None, "–"),
    ],
)
def test_duration(seconds: object, text: str) -> None:
    assert formats.duration(seconds) == text


def test_digests_and_names() -> None:
    assert formats.short("sha256:b81c" + "0" * 56 + "20fe") == "b81c…20fe"
    assert formats.short("7c1e") == "7c1e"
    assert formats.thousands(48112) == "48,112"
    cut = formats.middle("subscribers_features_2026_q3_final", 16)
    assert (len(cut), cut[:8], cut[-7:]) == (16, "subscrib", "3_final")
    assert drawn("{{ n|cut:8 }}", n="<b>long name</b>").startswith(
        '<span title="&lt;b&gt;long name&lt;/b&gt;">'
    )


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


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("churn", "churn"),
        ("a\u202eb", "\u2068a\u202eb\u2069"),
        ("דגם", "\u2068דגם\u2069"),
        ("café 1", "café 1"),
    ],
)
def test_a_name_turns_nothing_round_but_itself(name: str, kept: str) -> None:
    assert formats.isolated(name) == kept


@pytest.mark.parametrize(("shown", "said"), [(1, "1 person"), (2, "2 people")])
def test_the_foot_of_a_list_counts_in_words(shown: int, said: str) -> None:
    part = '{% include "parts/_pager.html" with shown=shown noun="person,people" %}'
    assert f">{said}</span>" in drawn(part, shown=shown)
