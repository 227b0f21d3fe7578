"""Previews made from the bytes of tables and arrays: what they tell, and what hostile bytes can't do."""

import array
import hashlib
import io
import json
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from modelcp.artifacts.columns import column_summary
from registry.selectors.previews import preview_of

PARQUET = "application/vnd.apache.parquet"


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACT_DIR = tmp_path


def look(media_type: str, content: bytes, settings: Any) -> dict[str, Any]:
    """What the server says of these bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = Path(settings.ARTIFACT_DIR) / "sha256" / sha256[:2] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    version = SimpleNamespace(preview=None, uri=f"modelcp:sha256/{sha256}", media_type=media_type)
    found = preview_of(version)  # type: ignore[arg-type]
    json.dumps(found)
    return found


def npy(shape: str, kind: str = "'<f8'", data: bytes = b"") -> bytes:
    header = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def parquet_of(columns: dict[str, Any]) -> bytes:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    sink = io.BytesIO()
    parquet.write_table(arrow.table(columns), sink, compression="zstd", use_dictionary=False)
    return sink.getvalue()


def test_a_csv_tells_types_missing_cells_range_and_histogram(settings: Any) -> None:
    lines = [f"{n},{'basic' if n % 3 else 'pro'},{'' if n % 7 == 0 else n / 10}" for n in range(100)]
    preview = look("text/csv", "\n".join(["age,plan,score", *lines]).encode(), settings)["preview"]
    age, plan, score = preview["columns"]
    assert (age["type"], age["nulls"], age["min"], age["max"], age["mean"]) == ("int", 0, 0, 99, 49.5)
    assert age["histogram"]["counts"] == [10] * 10
    assert (plan["type"], plan["top"]) == ("text", [["basic", 66], ["pro", 34]])
    assert (score["type"], score["nulls"], score["max"]) == ("float", 15, 9.9)
    assert preview["head"][0] == [0, "pro", None]


def test_a_parquet_file_tells_the_same(settings: Any) -> None:
    rows: dict[str, Any] = {"age": list(range(3000)), "plan": ["a", "b"] * 1500, "rate": [1.5, None] * 1500}
    preview = look(PARQUET, parquet_of(rows), settings)["preview"]
    assert (preview["rows"], preview["width"], preview["sampled"]) == (3000, 3, True)
    assert preview["head"][1] == [1, "b", None]
    age, plan, rate = preview["columns"]
    assert (age["type"], age["min"], sum(age["histogram"]["counts"])) == ("int64", 0, 1000)
    assert plan["top"] == [["a", 500], ["b", 500]]
    assert rate["nulls"] == 500


def test_an_array_tells_shape_range_and_first_values(settings: Any) -> None:
    values = array.array("d", range(100))
    preview = look("application/x-npy", npy("(10, 10)", data=values.tobytes()), settings)["preview"]
    assert (preview["shape"], preview["min"], preview["max"]) == ([10, 10], 0, 99)
    assert preview["head"][:2] == [0, 1]
    assert len(preview["histogram"]["counts"]) == 10


NAMES = ["<script>parent.ran=1</script>", "x" * 5000, "\u202eevil", "a\nb", "", "{{ 7 }}"]
HOSTILE = [
    ("application/x-npy", npy("(1000000000000,)"), True),
    ("application/x-npy", npy("(1,)", "'|O'", b"cos\nsystem\n(S'touch x'\ntR."), True),
    ("application/x-npy", npy("__import__('os').system('touch x')"), False),
    ("application/x-npy", npy("(-1, 5)", data=bytes(80)), True),
    ("application/x-npy", npy("[" * 9000), False),
    ("text/csv", b"\n".join([b",".join([b"1"] * 10_000)] * 6), True),
    ("text/csv", b'a,b\n"' + b"x" * 300_000, True),
    ("text/csv", b"a,b\n\xff\xfe,\x00\x80\n1,2,3,4\n", True),
    ("text/csv", b"a\n" + b"9" * 5000 + b"\n1e999\n1.2.3\n", True),
    ("application/json", b"[" * 10_000 + b"]" * 10_000, False),
    ("application/json", b'{"a":"\xff"}', False),
    ("text/plain", b"\xff\xfe\x80 \xc3\x28", True),
    (PARQUET, b"PAR1" + bytes(100) + b"PAR1", False),
]


@pytest.mark.parametrize(("media_type", "content", "shown"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bytes_are_shown_or_refused(
    settings: Any, media_type: str, content: bytes, shown: bool
) -> None:
    found = look(media_type, content, settings)
    assert (found["preview"] is not None) is shown, found
    assert bool(found["why"]) is not shown
    assert len(json.dumps(found)) < 60_000


def test_hostile_parquet_is_shown_or_refused(settings: Any) -> None:
    named = parquet_of({name: [1, 2] for name in NAMES})
    shown = look(PARQUET, named, settings)["preview"]
    assert [column["name"] for column in shown["columns"]] == NAMES
    large = parquet_of({"z": ["a" * 1_000_000] * 100})
    assert len(large) < 1_000_000
    assert look(PARQUET, large, settings)["preview"]["head"] == []  # a group of 100 MB isn't unpacked
    for place in range(100, len(named) - 400, 97):
        named = named[:place] + bytes([named[place] ^ 0xFF]) + named[place + 1 :]
    look(PARQUET, named, settings)  # whatever it says, this process is there to hear it


def test_a_look_that_unpacks_too_much_ends_alone(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    path.write_bytes(parquet_of({"z": ["a" * 1_000_000] * 200}))
    code = (
        "import sys, modelcp.artifacts.look as look\n"
        "look.MEMORY, look.MAX_ROW_GROUP = 400 * 1024**2, 10**12\n"
        "look._limit()\n"
        "look.parquet_preview(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False)
    assert done.returncode != 0


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        ([], {"nulls": 0}),
        ([None, 3], {"nulls": 1, "min": 3, "max": 3, "mean": 3.0}),
        ([float("nan")], {"nulls": 0}),
        ([1e308, -1e308], {"min": -1e308, "max": 1e308}),
        ([True, True, False], {"top": [[True, 2], [False, 1]]}),
        (["a", "b"], {"nulls": 0}),
        ([[1], [1]], {"top": [["[1]", 2]]}),
    ],
)
def test_a_column_of_anything_has_a_summary(values: list[Any], facts: dict[str, Any]) -> None:
    found = column_summary("c", "t", values)
    assert facts.items() <= found.items()
    assert all(number == number for number in found.values())
