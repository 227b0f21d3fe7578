"""How the pages write facts: numbers, sizes, times, digests, long names. Pure functions, no Django.

app.js repeats `ago` in the browser, so that a page left open stays true; a test holds the two together.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400
NONE = "–"


def minus(text: str) -> str:
    """A number's text with a true minus sign."""
    return text.replace("-", "−")


def thousands(value: object) -> str:
    """A whole number with commas (16,216); what is no number as it is."""
    if value is None or value == "":
        return NONE
    if isinstance(value, float) and not value.is_integer():
        return metric(value)
    try:
        return minus(f"{int(value):,}")  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return str(value)


def capped(value: int, most: int) -> str:
    """A count that was looked at up to a bound: 1,000+ beyond it."""
    return f"{most:,}+" if value > most else thousands(value)


def metric(value: object) -> str:
    """A logged value: a float with the digits it was logged with, at most six that count."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or value is None or value == "":
        return thousands(value)
    return _float(value) if isinstance(value, float) else str(value)


def _float(value: float) -> str:
    """A float's text, thousands with commas."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = repr(value)
    if len(text.lstrip("-").replace(".", "").lstrip("0")) > 6:
        text = f"{value:.0f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"
    if "e" not in text and abs(value) >= 10_000:
        whole, _, rest = text.partition(".")
        text = f"{int(whole):,}" + (f".{rest}" if rest else "")
    return minus(text)


def size(value: object) -> str:
    """A number of bytes for people, in steps of 1,000: 812 B, 4.2 MB, 116 MB."""
    if value is None or value == "":
        return NONE
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        digits = 0 if unit == "B" or number >= 99.95 else 1
        if float(f"{number:.{digits}f}") < 1000 or unit == "TB":
            return f"{number:,.{digits}f} {unit}"
        number /= 1000
    raise AssertionError("unreachable")


def short(digest: object) -> str:
    """A digest's ends, b81c…20fe, without the name of its algorithm; an id of 12 or less whole."""
    text = str(digest or "").rpartition(":")[2]
    return text if len(text) <= 12 else f"{text[:4]}…{text[-4:]}"


def middle(name: object, limit: int = 28) -> str:
    """A name of at most `limit` characters, the cut in the middle: both ends tell names apart."""
    text = str(name)
    if len(text) <= limit:
        return text
    head = limit // 2
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def ago(moment: datetime, now: datetime | None = None, *, word: bool = False) -> str:
    """The distance from now: now, 6 min, 3 h, yesterday, 12 d, 5 mo, 2 y; `word` adds "ago".

    A moment to come reads "in 3 h" or "tomorrow". A naive moment is taken as UTC.
    """
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    future, distance = seconds < 0, abs(seconds)
    if distance < MINUTE:
        return "now"
    if DAY <= distance < 2 * DAY:
        return "tomorrow" if future else "yesterday"
    text = _distance(distance)
    return f"in {text}" if future else f"{text} ago" if word else text


def _distance(seconds: float) -> str:
    """A distance of a minute or more in its largest fitting unit, rounded down."""
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    days = int(seconds // DAY)
    if days < 100:
        return f"{days} d"
    return f"{days // 30} mo" if days < 730 else f"{days // 365} y"


def duration(seconds: object) -> str:
    """How long something took: 40 ms, 0.4 s, 12 s, 6 min 12 s, 1 h 04 min, 2 d 3 h."""
    if not isinstance(seconds, int | float) or math.isnan(seconds):
        return NONE
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.0005 else "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def day(moment: datetime, seen: datetime) -> str:
    """A moment as seen at another: its day, with the year if that is another, or the time of the same day."""
    moment, seen = moment.astimezone(UTC), seen.astimezone(UTC)
    if moment.date() == seen.date():
        return f"{moment:%H:%M}"
    return f"{moment.day} {moment:%b}" + (f" {moment.year}" if moment.year != seen.year else "")


def exact(moment: datetime) -> str:
    """A moment in full: 23 Nov 2026, 09:42 UTC."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
