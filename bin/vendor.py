#!/usr/bin/env python3
"""Fetch the dashboard's third-party files into static/vendor/, pinned and checked.

Usage: bin/vendor.py [--check]

Each package is downloaded by the npm client at one exact version, its SHA-512 is compared with the one
written below, and only the files named below are copied, each package's licence beside them. The result is
committed, so nobody needs Node to run modelcp. `--check` writes nothing and exits 1 if the committed files
differ from what the packages give. Rules of Tabler that no page can reach are left out: vendor_tabler.py.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from vendor_tabler import slim

# @tabler/core ships no licence text of its own; this is what its style sheet and package.json say.
TABLER_NOTICE = (
    b"Tabler, https://tabler.io\nCopyright 2018-2026 The Tabler Authors\n"
    b"Copyright 2018-2026 codecalm.net Pawel Kuna\n"
    b"MIT License: the terms are those of tabler-icons.txt, beside this file.\n"
)
VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"


class Package(NamedTuple):
    """One npm package: its pin, the SHA-512 of its archive (base64) and {path inside: name in vendor/}."""

    name: str
    version: str
    sha512: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "htmx.org",
        "2.0.11",
        "Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        {"dist/htmx.min.js": "htmx.min.js"},
    ),
    Package(
        "@tabler/core",
        "1.6.1",
        "lgmR9gcxRp5JlLxcmRi9Rz85JrEvH6Bz71KnlcPVSa97wtwQNjgSs3g3fxwbAlulHyRMghhIV04QUuW3pqDsIg==",
        {"dist/css/tabler.min.css": "tabler.css"},
    ),
    Package(
        "@tabler/icons",
        "3.51.0",
        "0pinvPZz7YeX+OSfxuEAbnEPWbocVXW5iU8h5lh41pYG8sZuQfpWECC980lxOT0clGIcNGn8xsBr+zKaRGdA/g==",
        {"icons/outline/": "icons.svg"},
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EIPPwHcdkF6b1oUA==",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
        },
    ),
    Package(
        "cytoscape",
        "3.34.4",
        "msY99tMY8iWTg+sIPGfSqDcPNOt4xcj+v/K/7qUFaCUxxlqnMkUYLBjRUzn9W5CU/R2hrmtJa5+UtovrEM2ctg==",
        {"dist/cytoscape.min.js": "cytoscape.min.js"},
    ),
    Package(
        "sortablejs",
        "1.15.7",
        "Kk8wLQPlS+yi1ZEf48a4+fzHa4yxjC30M/Sr2AnQu+f/MPwvvX9XjZ6OWejiz8crBsLwSq8GHqaxaET7u6ux0A==",
        {"Sortable.min.js": "sortable.min.js"},
    ),
)

# What {% icon %} may name. One sprite, so that a page with fifty icons makes one request.
ICONS = (Path(__file__).parent / "icons.txt").read_text().split()


def fetch(package: Package, into: Path) -> tarfile.TarFile:
    """Download one package archive with the npm client and return it open, once its SHA-512 holds."""
    spec = f"{package.name}@{package.version}"
    subprocess.run(["npm", "pack", "--silent", spec], cwd=into, check=True, stdout=subprocess.DEVNULL)
    flat = package.name.lstrip("@").replace("/", "-")
    archive = into / f"{flat}-{package.version}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.sha512:
        raise SystemExit(f"{spec}: the archive's SHA-512 is {found}, expected {package.sha512}")
    return tarfile.open(archive)


def read(archive: tarfile.TarFile, name: str) -> bytes:
    """The bytes of one file of an npm archive, whose members all live under package/."""
    member = archive.extractfile(f"package/{name}")
    if member is None:
        raise SystemExit(f"{name} is not a file in the package")
    return member.read()


def sprite(archive: tarfile.TarFile, folder: str) -> bytes:
    """One SVG with a <symbol id="NAME"> for each icon in ICONS."""
    symbols = []
    for name in sorted(set(ICONS)):
        svg = read(archive, f"{folder}{name}.svg").decode()
        body = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")])
        body = body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none"/>', "").replace("> <", "><")
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-linecap="round" stroke-linejoin="round">{body.strip()}</symbol>'
        )
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def content(archive: tarfile.TarFile, source: str, target: str) -> bytes:
    """What to write for one file: the package's own bytes, without a pointer to an absent source map."""
    if source.endswith("/"):
        return sprite(archive, source)
    data = read(archive, source)
    if target == "tabler.css":
        return slim(data.decode()).encode()
    if target.endswith((".js", ".css")):
        return re.sub(rb"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$", b"\n", data)
    return data


def build() -> dict[str, bytes]:
    """All vendored files: {path under vendor/: bytes}, with the licences and the list of versions."""
    files: dict[str, bytes] = {}
    versions = ["# Written by bin/vendor.py: package, version, SHA-512 of its archive, files taken"]
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            with fetch(package, Path(folder)) as archive:
                for source, target in package.files.items():
                    files[target] = content(archive, source, target)
                licence = f"licences/{package.name.lstrip('@').replace('/', '-')}.txt"
                files[licence] = TABLER_NOTICE if package.name == "@tabler/core" else read(archive, "LICENSE")
            line = f"{package.name} {package.version} sha512-{package.sha512}"
            versions.append(" ".join([line, *package.files.values()]))
    files["VERSIONS"] = ("\n".join(versions) + "\n").encode()
    return files


def main() -> int:
    """Write static/vendor/, or with --check compare it."""
    files = build()
    known = {p.relative_to(VENDOR).as_posix(): p for p in VENDOR.rglob("*") if p.is_file()}
    if "--check" in sys.argv[1:]:
        differing = [name for name in files.keys() | known.keys() if name not in known or name not in files]
        differing += [name for name in files.keys() & known.keys() if known[name].read_bytes() != files[name]]
        print("\n".join(f"differs: {name}" for name in sorted(differing)) or "static/vendor is as pinned")
        return 1 if differing else 0
    for name in known.keys() - files.keys():
        known[name].unlink()
    for name, data in files.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / name).write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values())) // 1024} KB in static/vendor")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
