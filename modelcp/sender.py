"""Sends what waits in an outbox file: contents first, then operations in batches."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from modelcp.coalesce import coalesced
from modelcp.errors import ModelcpError, Refused, ServerError, ServerUnavailable, Unauthorized, from_answer
from modelcp.outbox import Operation, note_refused
from modelcp.outbox_file import OutboxFile
from modelcp.transports import Response, Transport, quoted

API = "/api/v1/"
BATCH_OPERATIONS = 200
BATCH_BYTES = 4 << 20
SERVER_ERRORS = 3  # an operation at which the server failed so often in this process counts as refused
ASK_FIRST_ABOVE = 1 << 20  # bytes; below, asking whether a content is there costs more than sending it
NOT_TRIED = 424
BAD_BATCH = (400, 409, 413, 422)  # something in the batch is at fault, not the batch

Result = dict[str, Any]
PutContent = Callable[[Path, str], object]


@dataclass
class SyncReport:
    """What a sync did.

    Args:
        sent: operations that the server took, or had taken before.
        refused: what it said no to: `{"operation", "error"}`.
        left_out: what it left out of the reports of runs that it took, and why, in sentences.
        waiting: operations still open for this target, in files that no living process holds and our own.
    """

    sent: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    left_out: list[str] = field(default_factory=list)

    def sentences(self, kept: Path) -> list[str]:
        """What there is to warn of; `kept` is where the refused ones are."""
        said = [(one["operation"], one["error"]["message"]) for one in self.refused]
        return [
            f"The server refused {operation['method']} {operation['path']}: {why} It is kept in {kept}."
            for operation, why in said
        ] + self.left_out


class Sender:
    """Settles operations through a transport.

    Args:
        transport: to the registry.
        target: what the outbox calls it.
        put_content: keeps a file's bytes at the registry, by their SHA-256.
    """

    def __init__(self, transport: Transport, target: str, put_content: PutContent) -> None:
        self.transport, self.target, self.put_content = transport, target, put_content
        self._failures: dict[str, int] = {}

    def drain(self, file: OutboxFile, report: SyncReport) -> None:
        """Sends all that is open in `file`, in order; what is refused is noted and doesn't stop the rest.

        Raises:
            ServerError: the server can't be reached or failed. Unauthorized and the like: it doesn't take
            batches from us. What isn't settled stays open.
        """
        while batch := _next_batch(list(file.pending.values())):
            refused = self._upload(file.contents)
            for operation in batch:
                error = _naming(operation, refused)
                if error is not None:
                    self._refuse(file, operation, error, report)
            self._settle(file, [operation for operation in batch if operation.id in file.pending], report)

    def send(self, operation: Operation, contents: Path | None = None) -> Any:
        """Sends one operation that isn't in a file; the body of its answer, or what it raises."""
        error = _naming(operation, self._upload(contents) if contents else {})
        if error is not None:
            raise error
        result = self._post([operation])[0]
        if result["status"] >= 400:
            raise from_answer(result["status"], result.get("body"))
        return result.get("body")

    def _settle(self, file: OutboxFile, batch: list[Operation], report: SyncReport) -> None:
        for result, operation in zip(self._post_halving(batch) if batch else (), batch, strict=False):
            status, body = result["status"], result.get("body")
            if status < 400:
                report.sent += 1
                file.done([operation.id])
                report.left_out += [told for told in _left_out(body) if told not in report.left_out]
            elif status == NOT_TRIED or (status >= 500 and not self._failed_too_often(operation)):
                raise from_answer(503 if status == NOT_TRIED else status, body)
            else:
                self._refuse(file, operation, from_answer(status, body), report)

    def _post_halving(self, batch: Sequence[Operation]) -> Iterator[Result]:
        """The results in order; a batch refused as a whole is halved until it is known what is at fault."""
        try:
            yield from self._post(batch)
        except Refused as error:
            if getattr(error, "status", 400) not in BAD_BATCH:
                raise
            if len(batch) == 1:
                yield {"status": 400, "body": {"error": _as_dict(error)}}
                return
            middle = len(batch) // 2
            yield from self._post_halving(batch[:middle])
            yield from self._post_halving(batch[middle:])

    def _post(self, batch: Sequence[Operation]) -> list[Result]:
        """The result of each; neighbouring reports of a run go as one, and apart if that one is refused."""
        results: list[Result] = []
        groups = coalesced(batch)
        for result, (_, members) in zip(self._post_plain([one for one, _ in groups]), groups, strict=True):
            if len(members) > 1 and 400 <= result["status"] < 500 and result["status"] != NOT_TRIED:
                results += self._post_plain(members)
                # What follows may need what the good ones among them tell: it is asked again.
                return results + (self._post(rest) if (rest := batch[len(results) :]) else [])
            results += [result] * len(members)
        return results

    def _post_plain(self, batch: Sequence[Operation]) -> list[Result]:
        body = json.dumps({"operations": [operation.as_request() for operation in batch]}).encode()
        response = self.transport.send(
            "POST", f"{API}batch/", headers={"Content-Type": "application/json"}, body=body
        )
        try:
            results = {result["id"]: result for result in checked_json(response)["results"]}
        except (TypeError, KeyError):
            raise _not_ours("The answer isn't that of a batch.") from None
        not_tried = {"status": NOT_TRIED, "body": None}
        return [results.get(operation.id, not_tried) for operation in batch]

    def _failed_too_often(self, operation: Operation) -> bool:
        count = self._failures[operation.id] = self._failures.get(operation.id, 0) + 1
        return count >= SERVER_ERRORS

    def _refuse(
        self, file: OutboxFile, operation: Operation, error: ModelcpError, report: SyncReport
    ) -> None:
        kept = {"operation": asdict(operation), "error": _as_dict(error)}
        note_refused(file.path.parent, kept["operation"], self.target, kept["error"])
        file.done([operation.id])
        report.refused.append(kept)

    def _upload(self, contents: Path) -> dict[str, ModelcpError]:
        """Sends the bytes that wait in the folder: all were written before what names them.

        Returns:
            why, by the SHA-256 of those that were refused; their bytes are kept beside what is refused.

        Raises:
            Unauthorized: the token isn't taken; all goes on waiting for a better one.
        """
        refused: dict[str, ModelcpError] = {}
        for sha256 in _waiting_in(contents):
            try:
                self.put_content(contents / sha256, sha256)
            except FileNotFoundError:
                continue
            except (ServerError, Unauthorized):
                raise
            except ModelcpError as error:
                refused[sha256] = error
                _keep_refused(contents / sha256)
            with suppress(OSError):
                (contents / sha256).unlink(missing_ok=True)
        return refused


def _keep_refused(path: Path) -> None:
    """Moves bytes that the server doesn't take to where the refused operations are noted."""
    with suppress(OSError):
        kept = path.parents[2] / "refused"
        kept.mkdir(exist_ok=True)
        path.replace(kept / path.name)


def _waiting_in(contents: Path) -> list[str]:
    try:
        names = os.listdir(contents)
    except OSError:
        return []
    return sorted(name for name in names if len(name) == 64 and name.isalnum())


def _naming(operation: Operation, refused: dict[str, ModelcpError]) -> ModelcpError | None:
    """Why a content that the operation names was refused; None if none was."""
    told = json.dumps(operation.body) if refused else ""
    return next((error for sha256, error in refused.items() if sha256 in told), None)


def upload(transport: Transport, path: Path, sha256: str) -> None:
    """Streams a file to the server's store unless it has it.

    Raises:
        Refused: it doesn't take the content, or its bytes have another digest.
        ServerUnavailable: it can't be reached, or has no room.
    """
    where, size = f"{API}contents/{quoted(sha256)}/", path.stat().st_size
    if size > ASK_FIRST_ABOVE and sha256 in transport.send("HEAD", where).headers.get("etag", ""):
        return
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    with path.open("rb") as file:
        response = transport.send("PUT", where, headers=headers, body=file)
    if response.status == 507:
        raise ServerUnavailable("The server has no room for artifacts.", hint="Make room there.")
    checked_json(response)  # a page that anything else answers with has kept no bytes


def checked(response: Response) -> Response:
    """The response if it is a success; raises what it refuses otherwise."""
    if response.status >= 400 or (300 <= response.status < 400 and response.status != 304):
        error = from_answer(response.status, response.body)
        error.status = response.status  # type: ignore[attr-defined]
        if response.status < 400 and "location" in response.headers:
            error.hint = f"It points to {response.headers['location']}: is that the server's address?"
        raise error
    return response


def checked_json(response: Response) -> Any:
    """The JSON of a success; ServerError if it isn't JSON."""
    body = checked(response).body
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise _not_ours("The answer isn't JSON.") from None


def _not_ours(sentence: str) -> ServerError:
    return ServerError(sentence, hint="Is the address that of a modelcp server?")


def _left_out(body: Any) -> list[str]:
    return list(map(str, body.get("left_out") or ())) if isinstance(body, dict) else []


def _next_batch(operations: Sequence[Operation]) -> list[Operation]:
    batch: list[Operation] = []
    size = 0
    for operation in operations[:BATCH_OPERATIONS]:
        size += len(json.dumps(operation.body)) if operation.body else 0
        if batch and size > BATCH_BYTES:
            break
        batch.append(operation)
    return batch


def _as_dict(error: ModelcpError) -> dict[str, Any]:
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    return said | {key: value for key, value in (("fields", error.fields), ("hint", error.hint)) if value}
