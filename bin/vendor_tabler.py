"""Leave out of Tabler's style sheet what no page of the dashboard can reach.

It works by families named below, not by scanning templates: a page made tomorrow may use any Tabler class
that is not in UNUSED, and the result depends on Tabler's version alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COLOURS = (
    "blue|azure|indigo|purple|pink|red|orange|yellow|lime|green|teal|cyan|primary|secondary|success|info|warning|"
    "danger|light|dark|muted|tertiary|black|white|x|facebook|twitter|linkedin|google|youtube|vimeo|dribbble|github|"
    "instagram|pinterest|vk|rss|flickr|bitbucket|tabler|gray(?:-\\d+)?|gray|facebook|messenger|spotify|tiktok|"
    "whatsapp|apple|microsoft|reddit|slack|discord|telegram|figma"
)
_PARTS = (
    "accordion|animated|animation|apexcharts|calendar|callout|carousel|chart|chat|chip-|clr|color-input|column|"
    "columns|cookies|countup|cropper|datagrid|dimmer|dropzone|dz-|dropend|dropstart|dropup|fc|filepond|flag|float|"
    "form-colorinput|form-fieldset|form-floating|form-imagecheck|form-selectgroup|form-rating|fslightbox|fullcalendar|"
    "gl-star|google-map|hr-text|hugerte|jvm|layout-|leaflet|litepicker|loader|map|markdown|mention|nav-bordered|"
    "navbar-dark|navbar-overlap|navbar-side|navbar-transparent|noUi|object|offcanvas|offset|otp|page-cover|pagination|"
    "payment|placeholder|plyr|popover|progressbg|ratio|ribbon|signal|signature|social|sortable|sparkline|space|"
    "spinner|stars|star-rating|status|step|steps|stretched-link|strength|switch-icon|timeline|tinymce|tom-select|tox|"
    "tracking|translate|ts-|tooltip|turbo|typed|vc|vh-|vw-|vstack|hstack|wizard|bs-tooltip|bs-popover|bs-|was-validated"
)
UNUSED = re.compile(
    rf"^(?:(?:{_PARTS})(?:-[\w-]+)?"
    rf"|[\w-]*-(?:{_COLOURS})(?:-(?:lt|fg|gradient|darken|subtle|emphasis|\d+))*"
    r"|[\w-]+-(?:sm|md|xl|xxl)(?:-[\w-]+)?"
    r"|(?:btn-outline|btn-ghost|link|theme|object|opacity|focus-ring|divide|list-group|bg|text-bg|card-gradient)-[\w-]+"
    r"|navbar-expand)$"
)
# Small sizes share the breakpoint infix's spelling; these are used.
KEPT = re.compile(
    r"^(?:btn|avatar|form-control|form-select|card|table|modal|dropdown-menu|form-check|icon|tag|kbd)-(?:sm|md)"
    r"|btn-primary|alert-danger|alert-warning|bg-transparent|text-secondary|text-muted|bg-body|bg-surface"
    r"|col-md(?:-\d+)?|col-sm(?:-\d+)?|col-xl(?:-\d+)?$"
)
# A side bar that folds and a bar that changes sides are nobody's here; by their :has() the style of the whole
# page is worked out anew at each element that a script adds.
_FOREIGN = re.compile(
    r"\[data-vc|\[data-bs-(?:theme-|popper|navbar|sidebar|toggle=sidebar)|navbar-folded"
    r"|\.tox|@keyframes (?:tada|shake|status|spinner|rotate)"
)


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield (prelude, body) for each top-level rule, (statement, None) for a bare one such as @charset."""
    start = depth = at = 0
    prelude = ""
    for token in re.finditer(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]""", css, re.DOTALL):
        if token[0] == "{":
            if not depth:
                prelude, at = css[start : token.start()], token.end()
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if not depth:
                yield prelude, css[at : token.start()]
                start = token.end()
        elif token[0] == ";" and not depth:
            yield css[start : token.end()], None
            start = token.end()


def reachable(selector: str) -> bool:
    """Whether a page could match this selector: no class it demands is of an unused family."""
    if _FOREIGN.search(selector):
        return False
    demanded = re.sub(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)", "", selector)
    names = re.findall(r"\.((?:[\w-]|\\.)+)", demanded)
    return not any(UNUSED.match(name) and not KEPT.match(name) for name in names)


def split(selectors: str) -> list[str]:
    """The members of a selector list, commas inside brackets left alone."""
    members, depth, start = [], 0, 0
    for at, sign in enumerate(selectors):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            members.append(selectors[start:at])
            start = at + 1
    return [*members, selectors[start:]]


def slim(css: str) -> str:
    """Tabler's minified style sheet without its unreachable rules, everything else in its order."""
    kept = []
    for prelude, body in rules(css):
        if body is None:
            kept.append(prelude)
        elif re.match(r"\s*@(media|supports)", prelude):
            inner = slim(body)
            if inner and "print" not in prelude:
                kept.append(f"{prelude}{{{inner}}}")
        else:
            wanted = [selector for selector in split(prelude) if reachable(selector)]
            if wanted:
                kept.append(f"{','.join(wanted)}{{{body}}}")
    return "".join(kept)
