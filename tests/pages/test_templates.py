"""What holds for every template and static file: nothing inline, no dead name, light to load."""

import gzip
import re
from pathlib import Path

import pytest
from django.template import engines

from registry.templatetags import words

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FIRST_VIEW = [
    *("theme.js", "app.js", "tokens.css", "app.css", "states.css", "glyphs.svg", "favicon.svg"),
    *(f"vendor/{name}" for name in ("htmx.min.js", "tabler.css", "icons.svg")),
    *(f"vendor/{name}" for name in ("inter-latin.woff2", "inter-latin-ext.woff2")),
]
INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|hx-on\b|javascript:")


def named(path: Path) -> str:
    return path.relative_to(ROOT / "templates").as_posix()


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_a_template_holds_under_a_strict_policy(template: Path) -> None:
    text = template.read_text()
    assert not INLINE.search(text), "no inline style, script or handler"
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", text))
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", text), "nothing from another host"


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_a_template_compiles_is_short_and_says_what_it_is(template: Path) -> None:
    engines["django"].get_template(named(template))
    lines = template.read_text().splitlines()
    assert len(lines) < 120
    assert any("{#" in line for line in lines[:2]), "the first lines say what the template is and needs"


@pytest.mark.parametrize(("tag", "sprite"), [("icon", "vendor/icons.svg"), ("glyph", "glyphs.svg")])
def test_every_icon_and_glyph_exists(tag: str, sprite: str) -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / sprite).read_text()))
    used = set(re.findall(rf'{{% {tag} "([\w-]+)"', "".join(path.read_text() for path in TEMPLATES)))
    signs = (*words.STAGES.values(), *words.STATES.values())
    used |= {name for name, _, _ in words.KINDS.values()} if tag == "icon" else {sign.glyph for sign in signs}
    assert used
    assert not used - drawn


@pytest.mark.parametrize("sheet", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_points_to_files_that_are_here(sheet: Path) -> None:
    for address in re.findall(r"""url\(["']?([^"')]+)""", sheet.read_text()):
        assert address.startswith(("data:", "#")) or (sheet.parent / address).is_file(), address


def test_scripts_have_no_pointer_to_a_source_map() -> None:
    assert not [path.name for path in STATIC.rglob("*.js") if "sourceMappingURL" in path.read_text()]


def test_the_first_view_is_light() -> None:
    weight = sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in FIRST_VIEW)
    assert weight <= 350_000 * 0.75, "leave a quarter of the 350 KB to a page's own graph or chart"


def test_what_is_vendored_is_listed_with_its_licence() -> None:
    listed = (STATIC / "vendor" / "VERSIONS").read_text()
    for path in (STATIC / "vendor").iterdir():
        assert path.is_dir() or path.name == "VERSIONS" or path.name in listed.split()
    for line in listed.splitlines()[1:]:
        package = line.split()[0].lstrip("@").replace("/", "-")
        assert (STATIC / "vendor" / "licences" / f"{package}.txt").read_text().strip()


def test_colours_are_tokens() -> None:
    for sheet in ("app.css", "states.css"):
        text = re.sub(r"\.tag-\d\{[^}]*\}", "", (STATIC / sheet).read_text())
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) <= {"#fff"}
