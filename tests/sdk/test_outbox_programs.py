"""What waits outlives the program that wrote it: killed, forked, interrupted, at its end."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from modelcp import outbox
from tests.support.postgres import free_port
from tests.support.programs import Place


def test_kill_9_loses_nothing_that_was_written(tmp_path: Path) -> None:
    place = Place(tmp_path)
    source = """
        import sys
        from modelcp import Client, ModelVersion
        c = Client()
        c.create_model("m"); c.create_model_version("m")
        c.connection.interval = 3600  # nothing is sent by itself
        v = ModelVersion("m", 1); v.number
        for i in range(20):
            v.log_metadata({"steps": {str(i): i}})
        print("written", flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(source)],
        env=place.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "written"
        os.kill(process.pid, signal.SIGKILL)
    got = place.python("""
        import json
        from modelcp import Client, ModelVersion
        first = Client().sync()
        second = Client().sync()
        print(json.dumps([first.sent, second.sent, len(ModelVersion("m", 1).metadata["steps"])]))
    """)
    first, second, steps = json.loads(got.splitlines()[-1])
    assert (second, steps) == (0, 20)
    assert first <= 20


def test_a_program_without_a_server_ends_well_and_says_where_its_records_wait(tmp_path: Path) -> None:
    from tests.support.postgres import free_port

    place = Place(tmp_path, MODELCP_URL=f"http://127.0.0.1:{free_port()}", MODELCP_TOKEN="none")
    done = place.run(
        "-c",
        textwrap.dedent("""
        from modelcp import Client
        c = Client()
        c.create_model("m")
        v = c.create_model_version("m")
        assert v.number is None
        c.promote("m", v, "staging")
        try:
            c.get_model("m")
        except Exception as error:
            print(type(error).__name__)
    """),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ServerUnavailable"
    assert str(tmp_path / "outbox") in done.stderr
    assert "Traceback" not in done.stderr
    assert [one.operations for one in outbox.waiting(tmp_path / "outbox")] == [3]


def test_a_database_that_is_away_ends_no_embedded_run(tmp_path: Path) -> None:
    nobody = f"postgresql://somebody@127.0.0.1:{free_port()}/none"
    done = Place(tmp_path, MODELCP_DATABASE_URL=nobody).run(
        "-c",
        textwrap.dedent("""
        from modelcp import ModelVersion, get_step_context, pipeline, step

        @step
        def one() -> int:
            get_step_context().model_version.set_stage("staging")
            return 1

        @pipeline(model_version=ModelVersion("m"))
        def p():
            one()

        print(p().model_version.number)
    """),
    )
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stderr
    assert "The database can't be opened" in done.stderr
    assert "Records wait in" in done.stderr


def test_a_fork_sends_its_own_and_not_its_parents(tmp_path: Path) -> None:
    got = Place(tmp_path).python("""
        import json, os
        from modelcp import Client, ModelVersion
        c = Client(); c.create_model("m"); c.create_model_version("m")
        v = ModelVersion("m", 1); v.number
        c.connection.interval = 3600
        v.log_metadata({"parent": 1})
        pid = os.fork()
        if pid == 0:
            try:
                v.log_metadata({"child": 2})
                Client().flush()
                seen = ModelVersion("m", 1).metadata
                os._exit(0 if seen.get("child") == 2 else 3)
            except BaseException:
                import traceback; traceback.print_exc()
                os._exit(4)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        print(json.dumps(ModelVersion("m", 1).metadata))
    """)
    assert json.loads(got.splitlines()[-1]) == {"parent": 1, "child": 2}


def test_children_of_multiprocessing_leave_nothing_behind(tmp_path: Path) -> None:
    got = Place(tmp_path).python("""
        import json, multiprocessing
        from modelcp import Client, ModelVersion
        from modelcp.outbox import waiting
        def work(number):
            ModelVersion("m", 1).log_metadata({f"worker{number}": number})
        if __name__ == "__main__":
            c = Client(); c.create_model("m"); c.create_model_version("m")
            workers = [multiprocessing.get_context("fork").Process(target=work, args=(n,)) for n in range(3)]
            [w.start() for w in workers]; [w.join() for w in workers]
            left = sum(file.operations for file in waiting(c.connection.folder))
            print(json.dumps([[w.exitcode for w in workers], left, ModelVersion("m", 1).metadata]))
    """)
    codes, left, metadata = json.loads(got.splitlines()[-1])
    assert codes == [0, 0, 0]
    assert left == 0
    assert metadata == {"worker0": 0, "worker1": 1, "worker2": 2}


def test_a_home_named_after_the_first_use_gets_its_records_from_the_next_process(tmp_path: Path) -> None:
    place, other = Place(tmp_path / "first"), Place(tmp_path / "other")
    done = place.run(
        "-c",
        textwrap.dedent(f"""
        import os
        from modelcp import Client, ModelVersion, pipeline, step
        @step
        def one() -> int: return 1
        @pipeline(model_version=ModelVersion("m"))
        def p(): one()
        p()
        os.environ["MODELCP_HOME"] = {str(other.home)!r}
        print(p().model_version.number)
        Client().get_model("m")
        """),
    )
    assert done.stdout == "None\n"
    assert done.stderr.splitlines()[-1] == (
        f"modelcp.errors.ServerUnavailable: This process has the registry in {place.home} open, "
        f"and can't open that in {other.home} too. "
        "Set MODELCP_HOME before the first use, or use it in a process of its own."
    )
    other.cli("sync")
    for home in (place, other):
        assert [version["number"] for version in home.json("model", "version", "list", "m")] == [1]


def test_two_processes_at_once_from_the_first_use_on(tmp_path: Path) -> None:
    place = Place(tmp_path)
    source = """
        import sys
        from modelcp import Client
        c = Client()
        name = sys.argv[1]
        c.create_model(name)
        print([c.create_model_version(name).number for _ in range(20)])
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(source), f"m{n}"],
            env=place.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.strip() == str(list(range(1, 21)))


def test_a_running_event_loop_doesnt_matter(tmp_path: Path) -> None:
    got = Place(tmp_path).python("""
        import asyncio
        from modelcp import Client, ModelVersion
        async def cell():
            Client().create_model("m"); Client().create_model_version("m")
            v = ModelVersion("m", 1); v.set_stage("production"); v.log_metadata({"a": 1})
            return str(v.stage), v.metadata
        print(asyncio.run(cell()))
    """)
    assert got.strip() == "('production', {'a': 1})"


def test_somebodys_own_django_is_refused_clearly(tmp_path: Path) -> None:
    done = Place(tmp_path).run(
        "-c",
        textwrap.dedent("""
        from django.conf import settings
        settings.configure()
        from modelcp import Client
        from modelcp.errors import ConfigurationError
        try:
            Client().create_model("m")
        except ConfigurationError as error:
            print(error)
    """),
    )
    assert done.returncode == 0, done.stderr
    assert "MODELCP_URL" in done.stdout
    assert "another Django project" in done.stdout


def test_a_program_that_ends_at_once_still_sends(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.python("from modelcp import Client; c = Client(); c.create_model('m'); c.create_model_version('m')")
    done = place.run("-c", "from modelcp import Client; Client().log_metadata('m', 1, {'a': 1}, wait=False)")
    assert (done.returncode, done.stderr) == (0, "")
    assert outbox.waiting(tmp_path / "outbox") == []
    assert (
        place.python("from modelcp import ModelVersion; print(ModelVersion('m').metadata)").strip()
        == "{'a': 1}"
    )


def test_ctrl_c_loses_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    done = place.run(
        "-c",
        textwrap.dedent("""
        import os, signal
        from modelcp import Client, ModelVersion
        c = Client(); c.create_model("m"); c.create_model_version("m")
        ModelVersion("m", 1).log_metadata({"a": 1})
        os.kill(os.getpid(), signal.SIGINT)
    """),
    )
    assert done.returncode != 0
    got = place.python(
        "from modelcp import Client, ModelVersion; Client().sync(); print(ModelVersion('m').metadata)"
    )
    assert got.strip() == "{'a': 1}"
