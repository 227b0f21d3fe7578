"""Files and folders: a ``pathlib.Path`` stands for what is there when it is saved."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs
from modelcp.artifacts.preview import cut, text_preview
from modelcp.errors import MaterializationError

TAR = "application/x-tar"
FILE_TYPES = ("pathlib.Path", "file")


class PathMaterializer(Materializer):
    """A file's bytes with its name, or a folder as a tar without times and owners.

    Loading gives the path of a copy in a temporary folder, which goes when this process ends.
    """

    suffix = ".bin"

    def data_type(self, value: Any) -> str:
        return "pathlib.Path"

    def media_type_of(self, value: Any) -> str:
        from mimetypes import guess_type

        if value.is_dir():
            return TAR
        kind, packed = guess_type(value.name)
        return (kind if not packed else f"application/{packed}") or "application/octet-stream"

    def save(self, value: Any, path: Path) -> None:
        if value.is_dir():
            _pack(value, path)
        elif value.is_file():
            shutil.copyfile(value, path)
        else:
            what = "is neither a file nor a folder" if os.path.lexists(value) else "doesn't exist"
            raise MaterializationError(
                f"The path {str(value)!r} {what}, so there is nothing to save.",
                code="no_such_file",
                hint="Write the file before returning its Path; to save the path's words, return str(path).",
            )

    def load(self, path: Path, saved: SavedAs) -> Any:
        target = _temporary() / _safe_name(saved.summary.get("name"))
        if saved.summary.get("folder") and saved.media_type == TAR:
            _unpack(path, target)
        else:
            shutil.copyfile(path, target)
        return target

    def summary(self, value: Any) -> dict[str, Any]:
        name = _safe_name(value.absolute().name)
        if not value.is_dir():
            return {"name": name}
        return {"name": name, "folder": True, "files": sum(1 for item in value.rglob("*") if item.is_file())}

    def preview(self, value: Any) -> dict[str, Any] | None:
        if value.is_dir():
            files = sorted((item for item in value.rglob("*") if item.is_file()), key=str)
            shown = [{"name": cut(str(f.relative_to(value))), "size": f.stat().st_size} for f in files[:100]]
            return {"kind": "folder", "files": shown, "truncated": len(files) > len(shown)}
        if self.media_type_of(value).startswith("text/"):
            with value.open("rb") as file:
                return text_preview(file.read(16_000).decode("utf-8", "replace"))
        return {"kind": "file", "name": cut(value.name), "size": value.stat().st_size, "truncated": False}


def _temporary() -> Path:
    """A folder of its own that goes when the process ends."""
    import atexit

    folder = tempfile.mkdtemp(prefix="modelcp-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _safe_name(name: Any) -> str:
    """The last part of `name`, which may come from another machine."""
    last = str(name or "").replace("\\", "/").rpartition("/")[2].replace("\0", "")
    last = last.encode("utf-8", "replace").decode()
    return last if last not in ("", ".", "..") else "content"


def _pack(folder: Path, path: Path) -> None:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for root, names, files in os.walk(folder, onerror=_raise):
            names.sort()
            for name in names + sorted(files):
                _add(tar, Path(root, name), folder)


def _raise(error: OSError) -> None:
    raise error


def _add(tar: tarfile.TarFile, item: Path, folder: Path) -> None:
    """Adds one file or folder, with nothing of the machine in it: the same contents, the same bytes."""
    name = item.relative_to(folder).as_posix()
    if not item.is_file() and (item.is_symlink() or not item.is_dir()):
        raise MaterializationError(
            f"{str(item)!r} can't be saved: only files, folders and links to files can.",
            code="odd_file",
            hint="Take it out of the folder, or put a copy there.",
        )
    entry = tarfile.TarInfo(name)
    if item.is_dir():
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(entry)
        return
    with item.open("rb") as file:
        facts = os.fstat(file.fileno())
        entry.size, entry.mode = facts.st_size, 0o755 if facts.st_mode & 0o100 else 0o644
        tar.addfile(entry, file)


def _unpack(path: Path, target: Path) -> None:
    """Only files and folders below `target` are made, whatever the tar says."""
    target.mkdir()
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            name = PurePosixPath(entry.name)
            if not (entry.isfile() or entry.isdir()) or ".." in name.parts or name.is_absolute():
                raise MaterializationError(f"The saved folder holds {entry.name!r}: no plain file.")
            place = target.joinpath(*name.parts)
            if entry.isdir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(entry)
            if content is None:
                raise MaterializationError(f"The saved folder has no content for {entry.name!r}.")
            with content, place.open("wb") as file:
                shutil.copyfileobj(content, file)
            place.chmod(0o755 if entry.mode & 0o100 else 0o644)
