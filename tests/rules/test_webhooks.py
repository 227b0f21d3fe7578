"""When webhooks try again, what they want, and what Slack reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registry.rules.webhooks import (
    LONGEST,
    PROMOTED,
    RUN,
    TOPICS,
    WAITS,
    Facts,
    Filters,
    next_wait,
    retry_after,
    sentence,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_each_wait_is_longer_and_there_is_a_last() -> None:
    least = [next_wait(tries, jitter=0) for tries in range(1, len(WAITS) + 2)]
    assert least == [*WAITS, None]
    assert list(WAITS) == sorted(WAITS)
    for tries, own in enumerate(WAITS, 1):
        assert next_wait(tries, jitter=1) == own * 1.2
        assert next_wait(tries, jitter=0, asked=timedelta(0)) == own
        assert next_wait(tries, jitter=0, asked=timedelta(days=9)) == LONGEST
    assert next_wait(len(WAITS) + 1, jitter=0, asked=timedelta(1)) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *((None, None), ("", None), ("soon", None), ("-1", None), ("1.5", None), ("١٢", None), ("0", 0)),
        *((" 120 ", 120), ("9" * 400, LONGEST.total_seconds()), ("Sat, 31 Jan 2026 12:01:00 GMT", 60)),
        *(("Sat, 31 Jan 2026 11:00:00 GMT", 0), ("Sat, 31 Jan 2026 13:01:00 +0100", 60)),
        *(("Sat, 99 Foo 99999 99:99:99 GMT", None), ("1 2", None), (",", None), ("Sat, 31 Jan", None)),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    found = retry_after(header, NOW)
    assert (None if found is None else found.total_seconds()) == seconds


ALL, NONE = Filters(), Filters(topics=())


@pytest.mark.parametrize(
    ("filters", "facts", "wanted"),
    [
        *((ALL, Facts(topic), True) for topic in TOPICS),
        *((NONE, Facts(topic), False) for topic in TOPICS),
        (Filters(models=["a"]), Facts(RUN, models={"a", "b"}), True),
        (Filters(models=["a"]), Facts(RUN, models={"b"}), False),
        (Filters(models=["a"]), Facts(RUN), False),
        (Filters(tags=["t", "u"]), Facts(RUN, tags={"u"}), True),
        (Filters(tags=["t"]), Facts(RUN), False),
        (Filters(models=["a"], tags=["t"]), Facts(RUN, models={"a"}), False),
        (Filters(stages=["production"]), Facts(PROMOTED, stages={"staging", "production"}), True),
        (Filters(stages=["production"]), Facts(PROMOTED, stages={"staging"}), False),
        (Filters(stages=["production"]), Facts(RUN), True),  # it has no stage to be narrowed by
    ],
)
def test_a_filter_takes_what_meets_each_of_its_kinds(filters: Filters, facts: Facts, wanted: bool) -> None:
    assert filters.want(facts) is wanted


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"stage": "production", "displaced": 11},
            "*churn 12* is in production; 11 was archived, by ada: better",
        ),
        (
            {"stage": "production", "forced": True},
            "*churn 12* is in production (forced past its gates), by ada: better",
        ),
        ({"stage": "staging", "undo": True}, "*churn 12* is in staging again, by an undo, by ada: better"),
        ({"stage": None, "undo": True}, "*churn 12* is in no stage again, by an undo, by ada: better"),
    ],
)
def test_slack_reads_one_line(more: dict[str, Any], said: str) -> None:
    data = {"model": "churn", "version": 12, "actor": "ada", "reason": "better", **more}
    assert sentence(PROMOTED, data) == said
