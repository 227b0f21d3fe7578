"""How moments, sizes, metrics, changes, durations and names are written."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.templatetags import formats
from tests.pages.drawing import drawn

NOW = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)


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
        (0, "0 s"),
        (-3, "0 s"),
        (0.0312, "31 ms"),
        (0.0999, "0.1 s"),
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
