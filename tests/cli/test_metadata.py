"""A version's metadata on the command line: values, who wrote them, those before, and as it was."""

from pathlib import Path

from tests.cli.refusals import refused
from tests.support.programs import Place

METADATA = ("model", "version", "metadata", "churn")


def test_values_are_shown_with_who_wrote_them_those_before_and_as_they_were(tmp_path: Path) -> None:
    place = Place(tmp_path)
    run, step = place.python(
        """
        from modelcp import Client, ModelVersion, log_metadata, pipeline, step
        @step
        def fit() -> int:
            log_metadata({"metrics": {"auc": 0.91234567}, "note": "two\\nlines", "empty": {}})
            return 1
        @pipeline(model_version=ModelVersion("churn"), enable_cache=False)
        def train(): fit()
        train()
        client = Client()
        client.promote("churn", 1, "production")
        client.log_metadata("churn", 1, {"metrics": {"auc": 0.5}, "none": None})
        values = {row["path"]: row for row in client.get_metadata("churn", detail=True)["values"]}
        print(values["note"]["run"], values["note"]["step"])
        """
    ).split()
    shown = [line.split(maxsplit=1) for line in place.cli(*METADATA).splitlines()]
    assert shown[:4] == [["PATH", "VALUE"], ["empty", "{}"], ["metrics.auc", "0.5"], ["none", "null"]]
    assert ["note", "two lines"] in shown
    told = {line.split()[0]: line for line in place.cli(*METADATA, "production", "--detail").splitlines()}
    assert "0.5 (changed after promotion)" in told["metrics.auc"]
    assert "0.91234567 until 20" in told["metrics.auc"]
    assert run in told["note"]
    assert step in told["note"]
    assert place.json(*METADATA, "1")["metrics"] == {"auc": 0.5}
    values = {row["path"]: row for row in place.json(*METADATA, "--detail")["values"]}
    assert values["metrics.auc"]["older"][0]["value"] == 0.91234567
    promoted = place.json("events", "list", "--action", "version.promoted")[0]["id"]
    assert "0.91234567" in place.cli(*METADATA, "1", "--as-of", f"event:{promoted}")
    assert "9" in refused(place, *METADATA, "9")
