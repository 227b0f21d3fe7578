"""Importing modelcp costs next to nothing and brings nothing along."""

import json
import sys
from pathlib import Path

import pytest

from tests.support.programs import Place

PUBLIC = [
    "ArtifactConfig",
    "Client",
    "ModelStages",
    "ModelVersion",
    "get_pipeline_context",
    "get_step_context",
    "load_artifact",
    "log_metadata",
    "pipeline",
    "save_artifact",
    "step",
    "track_run",
]
LOADED = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


def loaded(place: Place, source: str) -> set[str]:
    """The packages that are loaded after `source`, beyond those of a bare interpreter."""
    bare = set(json.loads(place.python(LOADED)))
    return set(json.loads(place.python(f"{source}\n{LOADED}"))) - bare


def test_import_modelcp_loads_nothing_else(tmp_path: Path) -> None:
    extra = loaded(Place(tmp_path), "import modelcp")
    assert {name for name in extra if name not in sys.stdlib_module_names} == {"modelcp"}


def test_the_public_names_load_no_third_party_and_no_server(tmp_path: Path) -> None:
    names = ", ".join(PUBLIC)
    extra = loaded(Place(tmp_path), f"from modelcp import {names}; Client(); ModelVersion('m')")
    foreign = {name for name in extra if name not in sys.stdlib_module_names}
    assert foreign <= {"modelcp", "registry"}, foreign


def test_the_public_names_are_these() -> None:
    import modelcp

    assert sorted(modelcp.__all__) == PUBLIC
    assert all(getattr(modelcp, name) for name in PUBLIC)
    assert set(PUBLIC) <= set(dir(modelcp))
    with pytest.raises(AttributeError, match="nothing"):
        _ = modelcp.nothing
    assert (Path(modelcp.__file__).parent / "py.typed").exists()


def test_importing_loads_none_of_the_slow_half_of_the_standard_library(tmp_path: Path) -> None:
    slow = {
        "ast",
        "asyncio",
        "email",
        "http",
        "inspect",
        "json",
        "logging",
        "multiprocessing",
        "socket",
        "urllib",
    }
    assert slow & loaded(Place(tmp_path), "import modelcp") == set()


def test_without_the_server_extra_writes_wait_and_reads_name_both_ways_out(tmp_path: Path) -> None:
    place = Place(tmp_path)
    done = place.run(
        "-c",
        """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django", "rest_framework"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name in ("django", "rest_framework") else real(name, *a)
from modelcp import Client, save_artifact
Client().create_model("bare")
save_artifact({"a": 1}, "bare_table")
try:
    Client().get_model("bare")
except Exception as error:
    print(type(error).__name__, error)
""",
    )
    assert done.returncode == 0, done.stderr
    assert "MODELCP_URL" in done.stdout
    assert "modelcp[server]" in done.stdout
    assert str(tmp_path / "outbox") in done.stderr
    later = place.python("""
        from modelcp import Client, load_artifact
        print(Client().sync().sent, Client().get_model("bare").name, load_artifact("bare_table"))
    """)
    assert later.strip() == "2 bare {'a': 1}"


@pytest.mark.parametrize("theirs", ["registry.py", "registry/__init__.py"])
def test_a_module_of_the_users_that_hides_one_of_ours_is_named(tmp_path: Path, theirs: str) -> None:
    place = Place(tmp_path)
    (place.home / theirs).parent.mkdir(exist_ok=True)
    (place.home / theirs).write_text("")
    for source in ("import modelcp", "from modelcp.model import ModelVersion"):
        done = place.run("-c", source)
        last = done.stderr.splitlines()[-1]
        assert last.startswith(f"ImportError: modelcp can't be used here: {place.home / theirs} hides")
        assert last.endswith("Rename that file or folder, or start the program from another place.")
