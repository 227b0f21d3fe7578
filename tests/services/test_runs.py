"""Runs and reports by many at once: numbers are contiguous, chains whole, nobody waits in a circle."""

import threading
from typing import Any

import pytest
from django.db import connection

from registry.models import ArtifactVersion, ModelVersion, Run, StepRun
from registry.rules.ids import new_id
from registry.rules.runs import (
    LinkReport,
    NewArtifactVersion,
    OutputReport,
    Report,
    Resolve,
    StepReport,
    card_warnings,
    merged,
)
from registry.services.actors import Actor
from registry.services.reports import report_run
from registry.services.runs import resolve_in_run, start_run
from registry.services.versions import create_version
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api

Facts = dict[str, Any]


def one_run(actor: Actor, models: list[str]) -> None:
    """A run that makes a version of each model and links one artifact of a shared name."""
    wanted = [Resolve(id=new_id(), model=model) for model in models]
    run = start_run(actor=actor, pipeline="train", versions=wanted[:1]).run.id
    for more in wanted[1:]:
        resolve_in_run(actor=actor, run=run, wanted=more)
    made = NewArtifactVersion(id=new_id(), artifact="shared", uri="s3://b", tags=["new"], metadata={"n": 1})
    links = [LinkReport(id=new_id(), resolution=one.id) for one in wanted]
    output = OutputReport("output", 0, made.id, made, links)
    step = StepReport(id=new_id(), name="fit", facts={"status": "completed"}, outputs=[output])
    report_run(actor=actor, run=run, report=Report(status="completed", steps=[step]))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_runs_at_once() -> None:
    actor, failures = Api().actor, []

    def train(models: list[str]) -> None:
        try:
            for _ in range(3):
                one_run(actor, models)
            for model in models:
                create_version(actor=actor, model=model)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=train, args=(names,)) for names in (["a", "b"], ["b", "a"]) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for model in ("a", "b"):
        numbers = ModelVersion.objects.filter(model__name=model).values_list("number", flat=True)
        assert sorted(numbers) == list(range(1, 25))
    assert sorted(ArtifactVersion.objects.values_list("number", flat=True)) == list(range(1, 19))
    assert Run.objects.filter(status="completed").count() == 18
    assert_chains_whole()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_same_report_by_many_at_once_is_one() -> None:
    actor, failures = Api().actor, []
    wanted = Resolve(id=new_id(), model="churn")
    run = start_run(actor=actor, pipeline="train", versions=[wanted]).run.id
    made = NewArtifactVersion(id=new_id(), artifact="weights", uri="s3://b")
    output = OutputReport("output", 0, made.id, made, [LinkReport(id=new_id(), resolution=wanted.id)])
    step = StepReport(id=new_id(), name="fit", facts={"status": "completed"}, outputs=[output])

    def send() -> None:
        try:
            report_run(actor=actor, run=run, report=Report(status="completed", steps=[step]))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (StepRun.objects.count(), ArtifactVersion.objects.count()) == (1, 1)
    assert_chains_whole()


@pytest.mark.parametrize(
    ("current", "reported", "expected"),
    [
        (
            {"status": "running", "error": ""},
            {"status": "failed", "error": "x"},
            {"status": "failed", "error": "x"},
        ),
        ({"status": "failed", "error": "x"}, {"status": "running", "error": ""}, {}),
        ({"status": "failed", "error": "x"}, {"status": "completed"}, {}),
        ({"status": "failed", "error": ""}, {"error": "late"}, {"error": "late"}),
        ({"status": "completed", "position": 1}, {"position": 2}, {"position": 2}),
        ({"status": "running", "position": 1}, {"position": 1, "status": "running"}, {}),
    ],
)
def test_what_a_report_changes(
    current: dict[str, Any], reported: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert merged(current, reported) == expected


def test_warnings_name_the_field_and_both_values() -> None:
    said = card_warnings(
        "churn", {"license": "MIT", "use_cases": ""}, {"license": "BSD", "use_cases": "x", "ethics": ""}
    )
    assert said == [
        "The license of 'churn' is 'MIT', not 'BSD': the model keeps its own.",
        "The use cases of 'churn' is empty, not 'x': the model keeps its own.",
    ]
