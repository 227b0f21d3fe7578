"""Markdown that people wrote: what a card needs is kept, nothing hostile comes through."""

from html import escape

import pytest

from registry.templatetags.prose import render as markdown
from tests.pages.drawing import drawn


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


def test_a_word_without_end_has_places_to_break_and_stays_what_it_is() -> None:
    word = "W" * 99 + "<&" + "W" * 149
    for html in (markdown(word), markdown(f"[{word}](/x)"), drawn("{{ text|lines }}", text=word)):
        assert html.count("<wbr>") == 2
        assert escape(word) in html.replace("<wbr>", "")
    assert drawn("{{ text|lines }}", text="a <b>\nc\0d") == "a &lt;b&gt;<br>c\ufffdd"
    assert "<wbr>" not in markdown("word " * 200)


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
