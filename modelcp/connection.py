"""One registry as this process sees it: its transport, its outbox, and the thread that sends what waits.

What needs an answer goes at once, after what waits before it. The rest is in the outbox's file when the
call returns, and is sent together at most every second; what can't be sent waits, in order, and nothing
overtakes it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelcp.background import Background
from modelcp.backoff import BackOff
from modelcp.config import EMBEDDED, Config
from modelcp.errors import ModelcpError, ServerError, ServerUnavailable, Unauthorized
from modelcp.home import home
from modelcp.notices import aside
from modelcp.outbox import ANY_SERVER, Operation, waiting
from modelcp.outbox_file import OutboxFile, left_behind
from modelcp.sender import Sender, SyncReport, checked, upload
from modelcp.transports import Query, Response, Transport, server_is_installed, transport_for

INTERVAL = 1.0  # seconds between two background flushes, at least


class Connection:
    """A registry and what waits for it.

    Args:
        config: which registry.
        transport: how requests travel; by default HTTP, or embedded when no server is named.
        interval: seconds between two background flushes, at least.
    """

    def __init__(
        self, config: Config, transport: Transport | None = None, *, interval: float = INTERVAL
    ) -> None:
        self.config, self.target, self.interval = config, config.target, interval
        self.embedded = config.url is None and server_is_installed()
        self.folder = home() / "outbox"
        self.transport = transport or transport_for(config)
        self._told: set[str] = set()
        self._reset()
        living.append(self)

    def _reset(self) -> None:
        self._own: OutboxFile | None = None
        self._state = threading.RLock()  # guards _own
        self._sending = threading.RLock()  # one call in flight
        self._background = Background(self._try_flush, self._pause)
        self._adopted = False
        self._rest = BackOff()
        self._sender = Sender(self.transport, self.target, self.put_content)

    def after_fork(self) -> None:
        """In a child: nothing of the parent's is ours, and no thread of it lives here."""
        if self._own is not None:
            self._own.abandon()
        self.transport.reset()
        self._reset()

    # -- what needs an answer

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        after_waiting: bool = True,
    ) -> Response:
        """The answer to a request, sent now, after what waits.

        Args:
            after_waiting: False where what waits can't change the answer.

        Raises:
            Refused: the server said no. ServerUnavailable: it can't be asked, or what waits can't be sent.
        """
        sent, content = dict(headers or {}), None
        if body is not None:
            content, sent["Content-Type"] = json.dumps(body, default=str).encode(), "application/json"
        with self._sending:
            self._rest.begin()
            try:
                if after_waiting or not self._adopted:
                    self.flush()
                response = self.transport.send(
                    method, path, query=query, headers=sent, body=content, stream=stream
                )
            except ServerUnavailable:
                self._rest.failed()
                raise
            self._rest.reset()
        return checked(response)

    def write(self, operation: Operation, *, wait: bool = True) -> Any:
        """Sends an operation, now or in the background.

        Args:
            wait: send it now, and give the answer.

        Returns:
            the answer's body; None if it waits: without `wait` always, else when the server can't be reached,
            with a warning.

        Raises:
            Refused: with `wait`, the server said no; the operation doesn't wait then. A token that isn't
                taken (any more) doesn't end a run, though: its operations wait for a better one.
        """
        if not wait:
            self.keep(operation)
            return None
        with self._sending:
            self._rest.begin()
            try:
                if self.down:
                    raise ServerUnavailable("The server couldn't be reached a moment ago.")
                self.flush()
                answer = self._sender.send(operation, self._own.contents if self._own else None)
            except (ServerError, Unauthorized) as error:
                if isinstance(error, Unauthorized) and not operation.of_a_run:
                    raise
                self.keep(operation)
                self._failed(error)
                return None
            self._rest.reset()
            return answer

    # -- what can wait

    def keep(self, operation: Operation) -> None:
        """Puts an operation into the outbox; it is on the disk when this returns, and is sent soon."""
        with self._state:
            try:
                self._file(on_disk=True).append(operation)
            except OSError as error:
                self._file().pending[operation.id] = operation
                self._tell_once(
                    "disk",
                    f"Records can't be kept in {self.folder} ({error.strerror or error}); "
                    "they are in memory only until they are sent.",
                )
        self._background.wake()

    def _file(self, *, on_disk: bool = False) -> OutboxFile:
        """This process's file; with `on_disk` tried anew, and OSError, while the disk doesn't take it."""
        if self._own is None or (on_disk and not self._own.on_disk):
            try:
                self._own = OutboxFile.create(self.folder, self._target_to_keep(), self._own)
            except OSError:
                self._own = self._own or OutboxFile.in_memory(self.folder, self.target)
                if on_disk:
                    raise
        return self._own

    def _target_to_keep(self) -> str:
        """With neither a server nor modelcp[server], whichever comes first may have the records."""
        return ANY_SERVER if self.target == EMBEDDED and not self.embedded else self.target

    @property
    def contents(self) -> Path:
        """The folder of the bytes that wait with this process's operations."""
        with self._state:
            return self._file().contents

    def waiting_content(self, sha256: str) -> Path | None:
        """The file of bytes that wait here; None if none do."""
        own = self._own
        return own.contents / sha256 if own is not None else None

    def put_content(self, path: Path, sha256: str) -> None:
        """Keeps a file's bytes in the registry's own store now."""
        if self.embedded:
            from modelcp.client.contents import local_store

            local_store().put(path, sha256)
        else:
            upload(self.transport, path, sha256)

    # -- sending what waits

    def flush(self) -> SyncReport:
        """Sends what this process has kept, and at first what ended processes left for this target.

        Raises:
            ServerError: not everything could be sent.
        """
        report = SyncReport()
        with self._sending:
            self._adopt(report)
            self._drain_own(report)
        for sentence in report.sentences(self.folder / "refused.jsonl"):
            aside(sentence)
        return report

    def sync(self) -> SyncReport:
        """Sends what ended processes left for this target and what this one keeps; also after a failure.

        Raises:
            ServerError: not everything could be sent; it goes on waiting.
        """
        with self._sending:
            self._adopted = False
            self._rest.reset()
            report = SyncReport()
            self._adopt(report)
            self._drain_own(report)
            self._rest.reset()
        report.waiting = sum(
            file.operations for file in waiting(self.folder) if file.target in self._targets()
        )
        return report

    def _targets(self) -> tuple[str, str]:
        return self.target, ANY_SERVER

    def _adopt(self, report: SyncReport) -> None:
        if self._adopted or not self.folder.is_dir():
            return
        for file in left_behind(self.folder, self._targets()):
            self._sender.drain(file, report)
        self._adopted = True

    def _drain_own(self, report: SyncReport) -> None:
        with self._state:
            own = self._own
        if own is not None and own.pending:
            self._sender.drain(own, report)
            self._rest.reset()

    @property
    def down(self) -> bool:
        """Whether the server couldn't be reached a moment ago: what can wait needn't try again now."""
        return self._rest.left > 0

    def _pause(self) -> float:
        """Seconds to wait before the next background flush."""
        return max(self.interval, self._rest.left)

    def _failed(self, error: ModelcpError) -> None:
        self._rest.failed()
        own = self._own
        wait = f"Records wait in {self.folder} and are sent later: at the next run, or by `modelcp sync`."
        if own is not None and not own.on_disk:
            wait = "Records wait in memory, as long as this process lives."
        self._tell_once("down", f"{error.message} {wait}" + (f" {error.hint}" if error.hint else ""))

    def _tell_once(self, about: str, message: str) -> None:
        if about not in self._told:
            self._told.add(about)
            aside(message)

    # -- in the background, and at the end

    def _try_flush(self) -> None:
        """A flush whose failure is told once and tried again later."""
        try:
            with self._sending:
                self._rest.begin()
                self.flush()
        except ModelcpError as error:
            self._failed(error)
            self._background.wake()
        except Exception as error:
            self._failed(ServerError(f"Records can't be sent: {type(error).__name__}: {error}."))
            self._background.wake()

    def close(self) -> None:
        """The end of the process: one last try for what waits; what can't be sent stays in its file."""
        self._background.stop()
        with self._state:
            own = self._own
        if own is None:
            return
        try:
            with self._sending:
                if own.pending and not self.down:
                    self._try_flush()
        except KeyboardInterrupt:
            pass
        finally:
            own.close()


living: list[Connection] = []  # all of this process
