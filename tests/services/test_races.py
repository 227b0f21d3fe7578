"""Many at once on one model: contiguous numbers, one holder, every promotion with its tenure and event."""

import functools
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from registry.models import Event, Model, ModelVersion, Tag, Tenure
from registry.rules.errors import Conflict
from registry.rules.ids import new_id
from registry.selectors.chains import verify_chains
from registry.selectors.plans import plan_promotion
from registry.selectors.undo import plan_undo
from registry.services import access, catalog, stages, versions
from registry.services.actors import Actor
from tests.support.doors import Api
from tests.support.programs import clean_environment

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
THREADS, PROCESSES = 64, 16


@pytest.fixture
def actor() -> Actor:
    return access.actor_for(access.ensure_administrator(), "sdk")


@pytest.fixture
def churn(actor: Actor) -> Actor:
    catalog.create_model(actor=actor, name="churn")
    return actor


def at_once(act: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """What `act` gives to each of `count` threads, or the exception that it raised."""

    def one(index: int) -> Any:
        try:
            return act(index)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def assert_contiguous(count: int) -> None:
    numbers = (
        ModelVersion.objects.filter(model__name="churn").order_by("number").values_list("number", flat=True)
    )
    assert list(numbers) == list(range(1, count + 1))
    assert Model.objects.get(name="churn").version_count == count


def assert_one_holder(promotions: int) -> None:
    """One version holds production; each promotion has its tenure and its event."""
    assert ModelVersion.objects.filter(stage="production").count() == 1
    assert Tenure.objects.filter(stage="production", valid_to__isnull=True).count() == 1
    assert Tenure.objects.filter(stage="production").count() == promotions
    assert Event.objects.filter(action="version.promoted").count() == promotions
    assert verify_chains()["whole"]


def test_threads_create_versions_of_one_model(churn: Actor) -> None:
    made = at_once(
        lambda index: versions.create_version(actor=churn, model="churn", tags=[f"t{index % 3}"])[0]
    )
    assert [type(one) for one in made] == [ModelVersion] * THREADS
    assert_contiguous(THREADS)
    assert Tag.objects.count() == 3
    assert verify_chains()["whole"]


def test_threads_promote_different_versions_to_production_over_the_api(churn: Actor) -> None:
    api = Api()
    for _ in range(THREADS):
        versions.create_version(actor=churn, model="churn")
    path = "models/churn/versions/{}/stage/"
    done = at_once(lambda index: api.call("POST", path.format(index + 1), {"stage": "production"})[0])
    assert done == [200] * THREADS
    assert_one_holder(THREADS)


def test_threads_that_register_one_model_make_it_once(actor: Actor) -> None:
    ident = new_id()
    same = at_once(lambda _: catalog.create_model(actor=actor, name="churn", id=ident), 16)
    assert sorted(made for _, made in same) == [False] * 15 + [True]
    others = at_once(lambda _: catalog.create_model(actor=actor, name="fraud"), 16)
    assert [type(one) for one in others].count(Conflict) == 15
    assert Model.objects.count() == 2
    assert verify_chains()["whole"]


def test_a_model_that_is_deleted_meanwhile_is_not_written_to(churn: Actor) -> None:
    versions.create_version(actor=churn, model="churn")

    def act(index: int) -> Any:
        if index == 0:
            return catalog.delete_model(actor=churn, model="churn", confirm="churn", force=True)
        return stages.promote(
            actor=churn, model="churn", version=1, to="staging" if index % 2 else "production"
        )

    at_once(act, 16)
    deleted = Event.objects.get(action="model.deleted")
    assert not Event.objects.filter(chain=deleted.chain, seq__gt=deleted.seq).exists()
    assert verify_chains()["whole"]


@pytest.mark.parametrize("what", ["promotion", "undo"])
def test_of_two_confirmations_of_one_plan_one_wins(churn: Actor, what: str) -> None:
    for number in (1, 2):
        versions.create_version(actor=churn, model="churn")
        stages.promote(actor=churn, model="churn", version=number, to="production")
    if what == "promotion":
        draw = functools.partial(plan_promotion, "churn", 1, "production")
        act: Any = functools.partial(stages.promote, version=1, to="production")
    else:
        last = Tenure.objects.get(stage="production", valid_to__isnull=True).id
        draw, act = functools.partial(plan_undo, "churn", last), functools.partial(stages.undo, tenure=last)
    plan, before = draw(), Event.objects.count()
    told = at_once(lambda _: act(actor=churn, model="churn", plan=plan["hash"]), 2)
    lost = [one for one in told if isinstance(one, Conflict)]
    assert len(lost) == 1, told
    assert not any(isinstance(one, Exception) for one in told if one is not lost[0]), told
    assert lost[0].code == "stale_plan"
    assert lost[0].more["plan"]["hash"] == draw()["hash"] != plan["hash"]
    assert (lost[0].more["plan"]["changes"], lost[0].more["plan"]["effects"]) == (False, [])
    written = list(Event.objects.order_by("id")[before:])
    assert [event.action for event in written] == [move["action"] for move in plan["effects"]]
    assert ModelVersion.objects.get(stage="production").number == 1
    assert (
        Tenure.objects.filter(valid_to__isnull=True).count()
        == ModelVersion.objects.exclude(stage=None).count()
    )
    assert verify_chains()["whole"]


def database_url() -> str:
    """The test database's URL, for other processes."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    who = f"{quote(at['USER'])}:{quote(at['PASSWORD'])}"
    return f"postgresql://{who}@{at['HOST']}:{at['PORT']}/{at['NAME']}?pool=0"


PROGRAM = """
    import django, sys
    django.setup()
    from registry.services import access, stages, versions
    actor = access.actor_for(access.ensure_administrator(), "cli")
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(4):
        version, _ = versions.create_version(actor=actor, model="churn")
        stages.promote(actor=actor, model="churn", version=version.number, to="production")
"""


@pytest.mark.slow
def test_processes_create_and_promote_versions_of_one_model(churn: Actor, tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "modelcp.server.settings", "MODELCP_DATABASE_URL": database_url()}
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(PROGRAM)],
            env=clean_environment(tmp_path, **settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for program in programs:
        assert program.stdout
        assert program.stdout.readline() == "ready\n", program.communicate()[1][-2000:]
    for program in programs:
        assert program.stdin
        program.stdin.write("go\n")
        program.stdin.flush()
    errors = [program.communicate(timeout=120)[1] for program in programs]
    assert [program.returncode for program in programs] == [0] * PROCESSES, "".join(errors)[-3000:]
    assert_contiguous(PROCESSES * 4)
    assert_one_holder(PROCESSES * 4)
