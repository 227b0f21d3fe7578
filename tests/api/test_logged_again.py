"""What a reused step logs again, where a version has no room for all of it."""

import pytest

from tests.support.doors import Api, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


def test_what_a_reused_step_logged_and_a_version_has_no_room_for_is_left_out(api: Api) -> None:
    first = started(wanted(version="v"))
    api.post("runs/", first)
    big, small = "a" * (600 << 10), {"metrics": {"auc": 0.9}, "z": "\u00e9"}
    made = new_version("weights")
    one = step(cache_key="k", logged={"big": big, "x": {"y": 1}, **small}, outputs=[output(made)])
    api.post(f"runs/{first['id']}/", {"steps": [one], "status": "completed"})
    there = {"big": "short", "other": big, "x": 2}
    api.call("PATCH", "models/churn/versions/v/metadata/", {"metadata": there})
    second = started(wanted(version="v"))
    api.post("runs/", second)
    resolution = second["versions"][0]["id"]
    reused = step(
        status="cached",
        cached_from=one["id"],
        resolution=resolution,
        outputs=[output({"id": made["id"]}, resolution=resolution)],
    )
    answer = api.post(f"runs/{second['id']}/", {"steps": [reused], "status": "completed"})
    (left_out,) = answer["left_out"]
    assert "reused step 'fit' logged isn't logged again where churn 1 has no room for it: 'big'" in left_out
    expected = {**there, **small, "x": {"y": 1}}
    assert api.get("models/churn/versions/v/metadata/")["metadata"] == expected
    assert len(api.get("models/churn/versions/v/artifacts/")["results"]) == 1
    assert api.get(f"runs/{second['id']}/")["status"] == "completed"
