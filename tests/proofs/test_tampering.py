"""Whatever is done to event rows by SQL is found, and the first bad event is named."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelcp.cli.chains import verify_file
from tests.proofs.tampered import (
    OF_THE_PURGED,
    ONE,
    TAMPERINGS,
    Registry,
    Tamper,
    Undone,
    add,
    empty,
    turn_into_a_purge,
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One for all tamperings: each is undone."""
    from tests.conftest import _fresh_database

    for found in _fresh_database():
        yield Registry(tmp_path_factory.mktemp("tampered"), found)


@pytest.mark.parametrize(("tamper", "first"), [pytest.param(t, f, id=i) for i, t, f in TAMPERINGS])
def test_verify_names_the_first_bad_event(registry: Registry, tamper: Tamper, first: int) -> None:
    chain = registry.chain("first")
    with Undone(registry):
        assert tamper(registry, chain) > 0
        code, said, told = registry.verify()
    assert code == 1, told
    assert told["whole"] is False
    assert (told["fault"]["seq"], told["fault"]["model"]) == (first, "first")
    assert told["fault"]["why"]
    assert f"Event {first} of the chain of the model 'first'" in said


@pytest.mark.parametrize(("tamper", "first"), [pytest.param(t, f, id=i) for i, t, f in OF_THE_PURGED])
def test_verify_names_the_first_bad_event_of_a_purged_model(
    registry: Registry, tamper: Tamper, first: int
) -> None:
    chain = registry.purged
    with Undone(registry):
        assert tamper(registry, chain) > 0
        code, said, told = registry.verify()
    assert code == 1, told
    assert told["fault"]["chain"].replace("-", "") == str(chain).replace("-", "")
    assert (told["fault"]["seq"], told["fault"]["model"]) == (first, None)
    assert f"Event {first} of chain" in said


@pytest.mark.parametrize("column", ["payload", "actor_name", "target_id", "at", "model_id", "hash", "seq"])
def test_an_event_with_a_text_that_is_none(registry: Registry, column: str) -> None:
    if registry.database.url:
        pytest.skip("PostgreSQL takes none")
    chain = registry.chain("second")
    last = registry.count(chain)
    with Undone(registry):
        assert registry.do(ONE.format(f"{column} = CAST(X'FF' AS TEXT)"), chain, last) == 1
        code, said, told = registry.verify()
    assert (code, told["fault"]["seq"], told["fault"]["model"]) == (1, last, "second")
    assert f"Event {last} of the chain of the model 'second'" in said


@pytest.mark.parametrize(
    ("column", "why"), [("count", "doesn't say how many"), ("head", "its hash is not the one")]
)
def test_a_head_with_a_text_that_is_none(registry: Registry, column: str, why: str) -> None:
    if registry.database.url:
        pytest.skip("PostgreSQL takes none")
    chain = registry.chain("second")
    with Undone(registry):
        head = f"UPDATE registry_chain SET {column} = CAST(X'C328' AS TEXT) WHERE id = ?"
        assert registry.do(head, chain) == 1
        code, _, told = registry.verify()
        last = registry.count(chain)
    assert (code, told["fault"]["seq"], told["fault"]["model"]) == (1, last, "second")
    assert why in told["fault"]["why"]


def test_a_purge_that_never_was(registry: Registry) -> None:
    chain = registry.chain("second")
    with Undone(registry):
        assert turn_into_a_purge(registry, chain) == 1
        code, _, told = registry.verify()
        count = registry.count(chain)
    assert (code, told["fault"]["seq"], told["fault"]["model"]) == (1, count, "second")


def test_an_export_tells_of_a_chain_whose_events_were_dropped(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    with Undone(registry):
        assert empty(registry, registry.chain("first")) > 0
        assert registry.place.run("-m", "modelcp", "events", "export", str(file)).returncode == 0
    told = verify_file(file)
    assert (told["whole"], told["fault"]["seq"]) == (False, 1)
    assert told["fault"]["chain"].replace("-", "") == str(registry.chain("first")).replace("-", "")


def test_an_event_added_at_the_end(registry: Registry) -> None:
    chain = registry.chain("second")
    with Undone(registry):
        assert add(registry, chain) == 1
        code, _, told = registry.verify()
        count = registry.count(chain)
    assert code == 1
    assert (told["fault"]["seq"], told["fault"]["model"]) == (count, "second")


def test_what_nobody_tampered_with_is_whole(registry: Registry) -> None:
    code, said, told = registry.verify()
    assert (code, said) == (0, "")
    assert told["whole"]
    assert told["chains"] == 4


def test_random_tamperings_of_any_column(registry: Registry) -> None:
    rng = random.Random(7)
    chain = registry.chain("second")
    count = registry.count(chain)
    columns = ["actor_name", "door", "action", "target_type", "target_id", "target_name", "payload_digest"]
    for column in [*columns, "actor_id", "hash", "prev_hash"]:
        seq = rng.randint(1, count)
        with Undone(registry):
            value = "77" if column == "actor_id" else "'x'"
            assert registry.do(ONE.format(f"{column} = {value}"), chain, seq) == 1
            code, _, told = registry.verify()
        assert (code, told["fault"]["seq"]) == (1, seq), column
