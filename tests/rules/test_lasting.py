"""Classes of how long something lasted: where a moment lies in it, it ended soon after by its class."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.rules.lasting import CLASSES, class_of, earliest, latest

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
AROUND = [most + near for most in CLASSES for near in (-TICK, timedelta(), TICK)]
LENGTHS = [TICK, *AROUND, timedelta(days=4000)]


def test_a_class_goes_up_to_its_length() -> None:
    assert [class_of(each) for each in LENGTHS] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4]


@pytest.mark.parametrize("lasted", LENGTHS)
def test_what_a_moment_lies_in_ended_by_the_latest_of_its_class(lasted: timedelta) -> None:
    number = class_of(lasted)
    began = [*(began for began in earliest(AT) if began > AT - lasted), None]
    assert len(began) - 1 == number  # a service counts so, from the end
    ends = [*latest(AT), datetime.max.replace(tzinfo=UTC)]
    assert AT + lasted <= ends[number]  # where it began at that moment
    if number:
        assert AT + lasted > ends[number - 1]
