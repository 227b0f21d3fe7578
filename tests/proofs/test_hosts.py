"""Where programs live: in an event loop, after forks, in pools of processes, in somebody's own Django."""

import json
import textwrap
from pathlib import Path

import pytest

from tests.support import dumps
from tests.support.programs import Place, served

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path, program_database: dict[str, str]) -> Place:
    """An empty home, embedded."""
    return Place(tmp_path, **program_database)


def last(place: Place, source: str) -> object:
    """The JSON that a program prints last; it is a file, so that spawned processes find it."""
    file = place.home / "program.py"
    file.write_text(textwrap.dedent(source))
    done = place.run(str(file))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


def assert_well(place: Place, versions: int) -> dumps.Tables:
    """Nothing waits, the numbers are contiguous, the chains whole."""
    assert "Sent 0, refused 0, still waiting 0." in place.cli("sync")
    tables = dumps.Database(place.home, place.environment.get("MODELCP_DATABASE_URL", "")).rows()
    numbers = sorted(row["number"] for row in tables["ModelVersion"])
    assert numbers == list(range(1, versions + 1))
    place.cli("events", "verify")
    return tables


def test_a_notebook_with_a_running_loop(place: Place) -> None:
    """Cells run one after the other in one running loop; tasks run beside each other."""
    got = last(
        place,
        """
        import asyncio, json
        from typing import Annotated
        from modelcp import Client, ModelVersion, log_metadata, pipeline, save_artifact, step, track_run

        @step
        def fit() -> Annotated[dict, "rows"]:
            log_metadata({"fitted": True})
            return {"a": 1}

        @pipeline(model_version=ModelVersion("m"), enable_cache=False)
        def train():
            fit()

        async def tracked(number):
            with track_run(f"task {number}", ModelVersion("m")):
                await asyncio.sleep(0)
                save_artifact({"n": number}, "scores")
                await asyncio.sleep(0)

        async def notebook():
            train()
            ModelVersion("m").set_stage("production")
            await asyncio.gather(*(tracked(number) for number in range(4)))
            await asyncio.to_thread(train)
            holder = ModelVersion("m", "production")
            return holder.number, holder.metadata, len(list(Client().list_model_versions("m")))

        print(json.dumps(asyncio.run(notebook())))
        """,
    )
    assert got == [1, {"fitted": True}, 6]
    tables = assert_well(place, 6)
    assert {row["status"] for row in tables["Run"]} == {"completed"}
    assert len(tables["StepOutput"]) == 6


def test_forks_of_a_program_that_has_used_the_registry(place: Place) -> None:
    """Eight children at once, while the parent's own thread sends; each ends in another way."""
    got = last(
        place,
        """
        import json, os, sys, warnings
        from modelcp import Client, ModelVersion
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of any fork beside a thread
        client = Client()
        client.connection.interval = 0.001
        client.create_model("m")
        version = client.create_model_version("m")
        children = []
        for number in range(8):
            for count in range(5):
                client.log_metadata("m", version, {f"parent{number}": {str(count): count}}, wait=False)
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    mine = Client().create_model_version("m", name=f"child {number}")
                    Client().log_metadata("m", mine, {"child": number}, wait=False)
                    assert ModelVersion("m", mine.number).metadata == {"child": number}
                    Client().log_metadata("m", mine, {"last": number}, wait=False)
                    code = 0
                finally:
                    if number % 2:
                        os._exit(code)  # without any of Python's own ending
                sys.exit(code)
            children.append(pid)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
        Client().sync()
        seen = [ModelVersion("m", f"child {number}").metadata for number in range(8)]
        print(json.dumps([codes, seen, len(ModelVersion("m", 1).metadata)]))
        """,
    )
    assert got == [[0] * 8, [{"child": number, "last": number} for number in range(8)], 8]
    assert_well(place, 9)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("pool", ["multiprocessing", "futures"])
def test_pools_of_processes(place: Place, method: str, pool: str) -> None:
    got = last(
        place,
        f"""
        import json, multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from modelcp import Client, ModelVersion

        def work(handle, number):
            made = Client().create_model_version("m")
            handle.log_metadata({{f"worker{{number}}": number}})
            Client().save_artifact({{"n": number}}, "scores")
            return made.number

        if __name__ == "__main__":
            client = Client()
            client.create_model("m"); client.create_model_version("m")
            handle = ModelVersion("m", 1)
            handle.number
            context = multiprocessing.get_context({method!r})
            if {pool!r} == "futures":
                with ProcessPoolExecutor(3, mp_context=context) as workers:
                    numbers = list(workers.map(work, [handle] * 9, range(9)))
            else:
                with context.Pool(3) as workers:
                    numbers = workers.starmap(work, [(handle, number) for number in range(9)])
                    workers.close(); workers.join()
            Client().sync()
            print(json.dumps([sorted(numbers), len(handle.metadata)]))
        """,
    )
    assert got == [list(range(2, 11)), 9]
    tables = assert_well(place, 10)
    assert sorted(row["number"] for row in tables["ArtifactVersion"]) == list(range(1, 10))


def test_many_threads_of_one_program(place: Place) -> None:
    got = last(
        place,
        """
        import json
        from concurrent.futures import ThreadPoolExecutor
        from modelcp import Client, ModelVersion, track_run, save_artifact
        Client().create_model("m")

        def work(number):
            with track_run("work", ModelVersion("m", "v%d" % number)) as run:
                save_artifact([number], "scores")
                return run.model_version.number

        with ThreadPoolExecutor(16) as threads:
            print(json.dumps(sorted(threads.map(work, range(32)))))
        """,
    )
    assert got == list(range(1, 33))
    assert_well(place, 32)


FOREIGN = """
    import django
    from django.conf import settings
    settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"], DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, USE_TZ=True)
    django.setup()
    from modelcp import Client, ModelVersion, pipeline, step
    from modelcp.errors import ConfigurationError

    @step
    def fit() -> int:
        return 1

    @pipeline(model_version=ModelVersion("m"), enable_cache=False)
    def train():
        fit()
"""


def test_somebodys_own_django_is_left_alone(place: Place) -> None:
    ends = """
    for act in (lambda: Client().create_model("m"), train, lambda: ModelVersion("m").number):
        try:
            act()
        except ConfigurationError as error:
            print(error)
        else:
            raise SystemExit("not refused")
    from django.contrib.auth.models import User
    assert settings.DATABASES["default"]["NAME"] == ":memory:" and User._meta.app_label == "auth"
    """
    done = place.run("-c", textwrap.dedent(FOREIGN) + textwrap.dedent(ends))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("another Django project") == 3
    assert done.stdout.count("MODELCP_URL") == 3


def test_somebodys_own_django_uses_a_server(tmp_path: Path, program_database: dict[str, str]) -> None:
    with served(tmp_path / "server", **program_database) as server:
        place = Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN=server.token())
        ends = '\ntrain()\nprint(ModelVersion("m").number)\n'
        assert place.python(textwrap.dedent(FOREIGN) + ends).splitlines()[-1] == "1"


def test_an_embedded_download_is_never_whole_in_memory(place: Place) -> None:
    place.python("""
        import tracemalloc
        from pathlib import Path
        from modelcp import Client

        size = 48 << 20
        client = Client()
        client.save_artifact(bytes(size), "large")
        tracemalloc.start()
        client.download_artifact("large", 1, Path("there"))
        _, peak = tracemalloc.get_traced_memory()
        assert Path("there").stat().st_size >= size
        assert peak < 16 << 20, peak
    """)
