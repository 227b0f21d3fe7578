"""How a command refuses."""

from tests.support.programs import Place


def refused(place: Place, *arguments: str) -> str:
    """What a refused command says: one line on stderr, nothing on stdout, exit code 1."""
    done = place.run("-m", "modelcp", *arguments)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr
