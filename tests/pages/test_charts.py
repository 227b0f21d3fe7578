"""Where a chart's marks go, and which way a metric is better."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.pages.charts import BOTTOM, LEFT, RIGHT, TOP, metric_chart, spark
from registry.pages.words import coloured, first_sentence
from registry.rules.metrics import direction, key_metric, verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def rows(values: list[float | None]) -> list[dict[str, object]]:
    return [
        {
            "number": at + 1,
            "value": value,
            "stage": None,
            "run": None,
            "created_at": START + timedelta(days=at),
        }
        for at, value in enumerate(values)
    ]


@given(st.lists(st.none() | NUMBERS | st.integers(-(2**53), 2**53), max_size=80))
def test_every_point_lies_in_the_plot(values: list[float | None]) -> None:
    chart = metric_chart(rows(values), [])
    for point in chart.points:
        assert LEFT <= point["x"] <= RIGHT
        if point["known"]:
            assert TOP <= point["y"] <= BOTTOM
    assert len(chart.grid) <= 12


@given(st.lists(NUMBERS, max_size=40))
def test_a_small_line_stays_in_its_box(values: list[float]) -> None:
    line = spark(values)
    assert (line is None) == (len(values) < 2)
    for pair in line["points"].split() if line else []:
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 96
        assert 0 <= y <= 22


def test_a_higher_value_stands_higher() -> None:
    low, high = metric_chart(rows([0.88, 0.92]), []).points
    assert low["y"] > high["y"]
    assert [tick["text"] for tick in metric_chart(rows([0.88, 0.92]), []).grid] == [
        "0.88",
        "0.89",
        "0.90",
        "0.91",
        "0.92",
    ]


def test_a_strip_lasts_from_the_version_that_was_newest_then() -> None:
    tenures = [
        {
            "stage": "production",
            "number": 2,
            "start": START + timedelta(days=1, hours=1),
            "end": START + timedelta(days=3),
        },
        {"stage": "production", "number": 3, "start": START + timedelta(days=3), "end": None},
        {
            "stage": "staging",
            "number": 1,
            "start": START + timedelta(hours=1),
            "end": START + timedelta(hours=2),
        },
    ]
    chart = metric_chart(rows([0.1, 0.2, 0.3, 0.4, 0.5]), tenures)
    places = {point["number"]: point["x"] for point in chart.points}
    assert [(strip["number"], strip["x"]) for strip in chart.strips] == [(2, places[2]), (3, places[4])]
    assert chart.strips[0]["width"] == pytest.approx(places[4] - places[2] - 2, abs=0.2)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("auc", "higher"),
        ("val_auc", "higher"),
        ("recall_at_5pct", "higher"),
        ("recallAt5", "higher"),
        ("F1", "higher"),
        ("r2", "higher"),
        ("ndcg_10", "higher"),
        ("logloss", "lower"),
        ("log_loss", "lower"),
        ("rmse", "lower"),
        ("mae_min", "lower"),
        ("accuracy_loss", "lower"),
        ("error_rate", "lower"),
        ("train_rows", None),
        ("epoch", None),
        ("", None),
        ("模型", None),
    ],
)
def test_a_metrics_name_tells_which_way_is_better(name: str, way: str | None) -> None:
    assert direction(name) == way


@pytest.mark.parametrize(
    ("value", "basis", "way", "said"),
    [
        (0.9204, 0.9187, "higher", (0.0017, "better")),
        (0.612, 0.631, "higher", (-0.019, "worse")),
        (0.2871, 0.2914, "lower", (-0.0043, "better")),
        (1204118, 1187902, None, (16216, "not_judged")),
        (0.5, 0.5, "higher", (0.0, "same")),
        (0.5, None, "higher", (None, "missing")),
        ("high", 0.5, "higher", (None, "missing")),
        (True, 0.5, "higher", (None, "missing")),
        (1e-7, 3e-7, "lower", (-2e-7, "better")),
    ],
)
def test_a_change_is_told_with_its_digits_and_a_word(
    value: object, basis: object, way: str, said: tuple[object, str]
) -> None:
    assert verdict(value, basis, way) == said


def test_the_first_metric_is_one_that_can_be_judged() -> None:
    assert key_metric(["rows", "auc", "zz"]) == "auc"
    assert key_metric(["b", "a"]) == "a"
    assert key_metric([]) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# Title\nmore", "Title"),
        ("\n\n- **bold** [link](http://x) `code`", "bold link code"),
        ("", ""),
        (None, ""),
        ("---\nAfter", "After"),
        ("Tells *setosa*, _versicolor_ and 2 * 3 * 4 apart", "Tells setosa, versicolor and 2 * 3 * 4 apart"),
        ("a_b_c stays", "a_b_c stays"),
    ],
)
def test_the_first_sentence_is_plain(text: str | None, line: str) -> None:
    assert first_sentence(text) == line


def test_coloured_code_escapes_what_it_holds() -> None:
    code = coloured('x = "</pre><script>"  # <b>\nfrom a import b')
    assert "<script>" not in code
    assert "<b>" not in code
    assert '<span class="k">from</span>' in code
