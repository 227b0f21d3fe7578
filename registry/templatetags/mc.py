"""The dashboard's template tags and filters: {% load mc %}. Shown in use in templates/README.md."""

from __future__ import annotations

from datetime import datetime
from html import unescape
from typing import Any

from django import forms, template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import NON_FIELD_ERRORS
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe

from registry.rules.direction import isolated
from registry.templatetags import formats, prose, words

register = template.Library()
for name in ("middle", "thousands", "capped", "size", "short", "duration", "exact"):
    register.filter(name, getattr(formats, name))
register.filter("spans", prose.spans)
register.filter("bdi", prose.bdi)
register.filter("lines", prose.lines)
register.filter("isolated", isolated)


HOVER = 400  # characters
_ICON = '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>'
_GLYPH = '<svg class="glyph {}" {}>{}<use href="{}#{}"/></svg>'

# Icons and glyphs ------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """One of Tabler's icons in vendor/icons.svg, hidden from screen readers: give its button a name."""
    address = staticfiles_storage.url("vendor/icons.svg")
    return format_html(_ICON, f" {classes}" if classes else "", address, name)


@register.simple_tag
def glyph(name: str, classes: str = "", word: str = "") -> SafeString:
    """One of our own 14 px drawings; `word` names it where no word stands beside it."""
    address = staticfiles_storage.url("glyphs.svg")
    if not word:
        return format_html(_GLYPH, classes, mark_safe('aria-hidden="true"'), "", address, name)
    named = format_html("<title>{}</title>", word)
    return format_html(_GLYPH, classes, mark_safe('role="img"'), named, address, name)


def _glyph(sign: words.Sign, *, named: bool) -> SafeString:
    return glyph(sign.glyph, sign.colour, sign.word if named else "")


def _badge(sign: words.Sign) -> SafeString:
    return format_html('<span class="badge {}">{}{}</span>', sign.badge, _glyph(sign, named=False), sign.word)


@register.simple_tag
def stage_glyph(stage: object, named: bool = True) -> SafeString:
    """A stage's glyph alone; `named=False` where the word stands beside it."""
    return _glyph(words.stage(stage), named=named)


@register.simple_tag
def stage_badge(stage: object) -> SafeString:
    """A stage's badge: glyph and word."""
    return _badge(words.stage(stage))


@register.filter
def stage_word(stage: object) -> str:
    """A stage's word: New, Staging, Production, Archived."""
    return words.stage(stage).word


@register.simple_tag
def status_glyph(status: object, named: bool = True) -> SafeString:
    """The glyph of a run's, step's or gate's state."""
    return _glyph(words.state(status), named=named)


@register.simple_tag
def status_badge(status: object) -> SafeString:
    """The badge of a run's, step's or gate's state, for a page's header."""
    return _badge(words.state(status))


@register.simple_tag
def status(value: object) -> SafeString:
    """Glyph and word without a badge, for a cell of a table."""
    sign = words.state(value)
    return format_html('<span class="nowrap">{} {}</span>', _glyph(sign, named=False), sign.word)


@register.simple_tag
def kind_icon(kind: object, mark: bool = False) -> SafeString:
    """The icon of a kind of thing in its colour, its word on hover; `mark=True`: in a soft square."""
    name, colour, word = words.KINDS.get(str(kind).lower(), words.KINDS["data"])
    if mark:
        return format_html(
            '<span class="mark {}" title="{}">{}<span class="visually-hidden">{}</span></span>',
            colour, word, icon(name), word,
        )  # fmt: skip
    return format_html('<span class="{}" title="{}">{}</span>', colour, word, icon(name))


# Words and numbers -----------------------------------------------------------------------------


@register.simple_tag
def tag_chip(name: object, color: object = 7, url: str = "") -> SafeString:
    """A tag: its text, cut if it is long, after a square of one of the eight colours; a link with `url`."""
    name = name if isinstance(name, SafeString) else cut(name, 40)
    number = int(color) if str(color).isdecimal() and 1 <= int(str(color)) <= 8 else 7  # type: ignore[call-overload]
    if url:
        return format_html('<a class="tag tag-{}" href="{}">{}</a>', number, url, name)
    return format_html('<span class="tag tag-{}">{}</span>', number, name)


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime | None, word: str = "") -> SafeString:
    """A <time> with the distance from now, exact on hover, kept true by app.js; `word="ago"` adds it.

    On a page of the past the day, or on the page's own day the time.
    """
    if not moment:
        return format_html('<span class="none">{}</span>', formats.NONE)
    exactly = moment.isoformat(timespec="seconds")
    then = None if context.get("always_now") else context.get("as_of")
    if then:
        return format_html(
            '<time class="text-3" datetime="{}" title="{}">{}</time>',
            exactly, formats.exact(moment), formats.day(moment, then.at),
        )  # fmt: skip
    return format_html(
        '<time class="text-3" datetime="{}" title="{}" data-ago="{}">{}</time>',
        exactly, formats.exact(moment), word, formats.ago(moment, word=bool(word)),
    )  # fmt: skip


@register.filter
def metric(value: object) -> str:
    """A logged value; the exact one on hover where it was shortened."""
    text = formats.metric(value)
    if isinstance(value, float) and formats.minus(repr(value)) != text.replace(",", ""):
        return format_html('<span title="{}">{}</span>', repr(value), text)
    return text


@register.simple_tag
def delta(change: float | None, verdict: str = "not_judged") -> SafeString:
    """A metric's change and its verdict: better, worse, same, missing, not_judged."""
    colour, word = words.VERDICTS.get(verdict, words.VERDICTS["not_judged"])
    number = "" if change is None or verdict == "missing" else formats.metric(change or 0)
    sign = "+" if number and (change or 0) > 0 else ""
    return format_html('<span class="delta {}">{}</span>', colour, f"{sign}{number} {word}".strip())


@register.simple_tag
def late_mark(badge: bool = False) -> SafeString:
    """The mark of a metric that was changed after its version was promoted; `badge=True`: in words."""
    said = "changed after promotion"
    if badge:
        return format_html('<span class="badge is-warn">{}{}</span>', glyph("warn"), said)
    return glyph("warn", "g-wait", said)


@register.filter
def cut(value: object, limit: int = 28) -> str:
    """A long name cut in the middle, whole on hover as far as anybody reads there."""
    text = formats.middle(value, limit)
    if text == str(value):
        return prose.bdi(text)
    return format_html('<span title="{}">{}</span>', formats.middle(value, HOVER), prose.bdi(text))


@register.filter
def markdown(text: str | None) -> SafeString:
    """People's Markdown as safe HTML; put it in an element of class `prose`."""
    return mark_safe(prose.render(text or ""))  # noqa: S308 - cleaned by nh3 in there


@register.simple_tag
def who(name: object, bot: bool = False) -> SafeString:
    """A person: initials and name, which may have been cut; `bot=True` for a service."""
    text = str(name or "unknown")
    initials = unescape(strip_tags(text))[:2] if isinstance(name, SafeString) else text[:2]
    return format_html(
        '<span class="who"><span class="avatar {}" aria-hidden="true">{}</span>{}</span>',
        "bot" if bot else "", initials, text,
    )  # fmt: skip


# Pages -----------------------------------------------------------------------------------------


@register.simple_tag
def nav_url(name: str, *args: object, **kwargs: object) -> str:
    """The address of a named page, empty when there is no such page: hide the link then."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag
def crumb(label: object, url: str = "") -> SafeString:
    """One step of the breadcrumb, the last one without `url`; a long name is cut in the middle.

    On a phone only the long ones (`is-long`) give way, so that a number never shrinks to nothing.
    """
    text, long = cut(label, 40), " is-long" if len(str(label)) > 14 else ""
    if url:
        return format_html('<li class="breadcrumb-item{}"><a href="{}">{}</a></li>', long, url, text)
    return format_html('<li class="breadcrumb-item{} active" aria-current="page">{}</li>', long, text)


@register.inclusion_tag("parts/_nav_item.html", takes_context=True)
def nav_item(
    context: Context, name: str, symbol: str, label: str, count: int = 0, *, also: str = ""
) -> dict[str, Any]:
    """One entry of the sidebar, absent while its page is; current when this page's path begins with it.

    `also` is another beginning that it is current for.
    """
    url = nav_url(name)
    path = getattr(context.get("request"), "path", "")
    current = path == url if url == "/" else bool(url) and path.startswith((url, also or url))
    return {"url": url, "symbol": symbol, "label": label, "count": count, "current": current}


@register.simple_tag
def control(field: forms.BoundField, classes: str = "", **attrs: object) -> SafeString:
    """A form field's widget with its classes; red when refused. Attributes' _ reads as -: hx_get="…".

    The focus of a form whose fields were refused begins at the first of these.
    """
    widget = field.field.widget
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return field.as_widget(attrs={"class": f"form-check-input {classes}".strip()})
    own = "form-select" if isinstance(widget, forms.Select) else "form-control"
    if isinstance(widget, forms.CheckboxInput):
        own = "form-check-input"
    parts = (own, "is-invalid" if field.errors else "", classes, widget.attrs.get("class", ""))
    if isinstance(widget, forms.Textarea):
        attrs.setdefault("rows", 5)
    given = {key.replace("_", "-"): str(value) for key, value in attrs.items()}
    refused = field.form.errors.keys() - {NON_FIELD_ERRORS}
    begins = {"autofocus": bool(field.errors)} if refused else {}
    return field.as_widget(attrs={**given, **begins, "class": " ".join(filter(None, parts))})


@register.filter
def undo_url(message: Any) -> str:
    """The address that undoes what a message tells, given by the view as extra_tags="undo:/path/"."""
    extra = str(getattr(message, "extra_tags", "") or "")
    address = extra.removeprefix("undo:") if extra.startswith("undo:") else ""
    return address if prose.is_local(address) else ""


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """This page's query string with changes, `None` removes: href="{% query sort="name" after=None %}"."""
    parameters = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            parameters.pop(key, None)
        else:
            parameters[key] = str(value)
    return f"?{parameters.urlencode()}"
