"""One run as it is reported: started, told about step by step, ended. Nothing here may stop a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from modelcp.errors import ModelcpError, ServerError
from modelcp.notices import tell
from modelcp.pipelines.provenance import Code, environment
from modelcp.pipelines.versions import Versions
from modelcp.pipelines.words import recorded
from registry.rules.ids import new_id

if TYPE_CHECKING:
    from modelcp.client import Client
    from modelcp.records import RunRecord

T = TypeVar("T")


class Session:
    """A run of a pipeline, or of code that is tracked.

    Args:
        pipeline: The pipeline's name.
        parameters: What it was called with.
        tags: Words to attach to the run.
        code: Where its code comes from.

    Raises:
        ConfigurationError: No registry can be used with these settings.
    """

    def __init__(
        self, pipeline: str, parameters: Mapping[str, Any], tags: tuple[str, ...], code: Code | None
    ) -> None:
        from modelcp.client import Client

        self.id = str(new_id())
        self.pipeline, self.tags = pipeline, tags
        self.parameters = recorded(parameters)
        self.started_at = now()
        moment = datetime.fromisoformat(self.started_at)
        self.name = f"{pipeline[:220]} {moment:%Y-%m-%d %H.%M.%S}.{moment.microsecond // 1000:03d}"
        self.status = "running"
        self.started = False
        self.offline = False
        self.lost = False  # the registry failed in a way that can't be mended by waiting
        self.versions = Versions(self)
        self.client: Client = Client()
        self._code = code

    def start(self) -> None:
        """Starts the run and resolves its versions, in one round trip.

        Raises:
            Refused: The server said no; nothing was written. ConfigurationError: no registry can be used.
        """
        self.started = True
        body = {
            "id": self.id,
            "pipeline": self.pipeline,
            "name": self.name,
            "started_at": self.started_at,
            "parameters": self.parameters,
            "code": _or_empty(self._code.facts) if self._code else {},
            "environment": _or_empty(environment),
            "tags": list(self.tags),
            "versions": self.versions.bodies(),
        }
        try:
            answer = self.client.start_run(body)
        except ServerError as error:
            self._lose(f"The run isn't recorded: {error}")
            return
        except ModelcpError:
            self.started = False
            raise
        except Exception as error:
            self._lose(f"The run isn't recorded: {type(error).__name__}: {error}")
            return
        self.offline = answer is None  # which was told; the outbox sends what waits
        if answer is not None:
            self.versions.answered(answer["versions"])

    def _lose(self, why: str) -> None:
        self.lost = True
        tell(why)

    def resolve(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """One more version during the run: the answer, or None if it waits; raises what is refused."""
        if self.lost:
            return None
        return self.client.resolve_in_run(self.id, body)

    def note(self, body: dict[str, Any]) -> None:
        """Tells about a version that the run's code found; on the disk when this returns, sent later."""
        if self.lost or not self.started:
            return
        with harmless("What the run read can't be recorded"):
            self.client.resolve_in_run(self.id, body, wait=False)

    def report(self, *steps: dict[str, Any], **facts: Any) -> None:
        """Tells about steps, or the run; on the disk when this returns, sent later."""
        if self.lost or not self.started:
            return
        with harmless("The run can't be reported"):
            self.client.report_run(
                self.id, {**facts, **({"steps": list(steps)} if steps else {})}, wait=False
            )

    def finish(self, status: str, error: str = "", *steps: dict[str, Any]) -> None:
        """Ends the run and sends all that waits, in one round trip.

        Args:
            status: completed, failed or cancelled.
            error: What went wrong, in a line.
            steps: What is still to be told about steps.
        """
        self.status = status
        self.report(*steps, status=status, ended_at=now(), error=error)
        if self.started and not self.lost and not self.offline:
            with harmless("The run's records wait in the outbox and are sent later"):
                self.client.flush()

    def find_cached(self, key: str) -> dict[str, Any] | None:
        """The step run to reuse for this key, or None; also if that can't be found out."""
        if self.lost or not key or self.client.connection.down:
            return None
        try:
            return self.client.find_cached_step(key)
        except ServerError:
            return None
        except Exception as error:
            tell(f"The cache can't be asked: {error}")
            return None

    def record(self) -> RunRecord:
        """The run as it is known here."""
        from modelcp.records import RunRecord

        row = {
            "id": self.id,
            "pipeline": self.pipeline,
            "name": self.name,
            "status": self.status,
            "started_at": self.started_at,
            "parameters": self.parameters,
            "tags": list(self.tags),
        }
        return RunRecord(row, self.client)

    def page_url(self) -> str | None:
        """The run's page."""
        with harmless("The page's address isn't known"):
            return self.client.page_url("runs", self.id)
        return None


@contextmanager
def harmless(what: str) -> Iterator[None]:
    """Turns whatever goes wrong in the block into a warning."""
    try:
        yield
    except Exception as error:
        tell(f"{what}: {error if isinstance(error, ModelcpError) else f'{type(error).__name__}: {error}'}")


def _or_empty(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except Exception:
        return {}


def now() -> str:
    """The time in UTC, with microseconds, as the API takes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
