"""The lineage's graph in a real Chromium: its layout, what changed since a version, the keys, many nodes."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.facts_world import World
from tests.browser.support import assert_accessible
from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
# A graph of 3,000 nodes, each behind one or two of the 200 before it, a hub, and a circle.
LAID_OUT = """() => {
  let seed = 7;
  const chance = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const node = (_, n) => ({ id: `n${n}`, width: n % 2 ? 44 : 150, height: 46 });
  const nodes = Array.from({ length: 3000 }, node);
  const edges = [];
  const join = (from, to) => edges.push({ id: `n${from}>n${to}`, source: `n${from}`, target: `n${to}` });
  for (let n = 1; n < 3000; n++) {
    join(n % 9 ? Math.max(0, n - 1 - chance(200)) : 0, n);
    if (n > 400) join(n - 201 - chance(100), n);
  }
  join(50, 20), join(20, 50);
  const { places, ways } = window.mcLayers(nodes, edges);
  const back = edges.filter((edge) => places.get(edge.source).x >= places.get(edge.target).x);
  const columns = new Map();
  for (const node of nodes) {
    const { x, y } = places.get(node.id);
    columns.set(x, [...(columns.get(x) || []), [y - node.height / 2, y + node.height / 2]]);
  }
  const overlaps = [...columns.values()].flatMap((column) => {
    column.sort((one, other) => one[0] - other[0]);
    return column.filter(([top], at) => at && top < column[at - 1][1] - 0.01);
  });
  return { back, overlaps: overlaps.length, columns: columns.size, ways: ways.size, edges: edges.length };
}"""


@pytest.fixture(scope="module")
def world(shared_server: Server) -> World:
    made = World(shared_server, shared_server.token(f"lineage-{uuid.uuid4().hex[:6]}"))
    made.train()
    made.send("POST", f"models/{made.model}/versions/", {})
    other = made.artifact(made.data, b"other rows", data_type="pandas.DataFrame")
    link = {"artifact": made.data, "uri": other["uri"], "sha256": other["sha256"], "size": other["size"]}
    made.send("POST", f"models/{made.model}/versions/2/artifacts/", link)
    return made


def test_thousands_of_nodes_are_laid_out_left_to_right_without_overlap(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/versions/1/lineage/")
    expect(page.locator("#graph[data-ready]")).to_be_visible()
    found = page.evaluate(LAID_OUT)
    assert len(found["back"]) == 1  # one edge of the circle
    assert found["overlaps"] == 0
    assert found["columns"] > 10
    assert found["ways"] == found["edges"]


def test_what_changed_since_a_version_is_chosen_told_and_kept(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/versions/2/lineage/")
    page.get_by_role("button", name="Changed since").click()
    page.get_by_role("link", name="version 1").click()
    expect(page).to_have_url(re.compile("since=1"))
    expect(page.locator("#graph[data-ready]")).to_be_visible()
    expect(page.locator(".node-words.is-changed")).to_contain_text("changed")
    near = page.locator("#lineage-facts [data-near]").first
    expect(near).to_contain_text("changed")
    page.locator("#graph").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#graph-said")).to_contain_text("changed since version 1")
    expect(page.locator("#facts-since")).to_have_text("changed since 1")
    assert_accessible(page)
    page.get_by_role("link", name="Table").click()
    expect(page.get_by_role("columnheader", name="Since 1")).to_be_visible()
    assert_accessible(page)
    plain = open_page(f"/models/{world.model}/versions/2/lineage/?since=1", javascript=False)
    expect(plain.get_by_role("cell", name="changed", exact=True)).to_be_visible()


def test_columns_say_how_many_steps_away_they_are(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/versions/1/lineage/")
    expect(page.locator("#graph[data-ready]")).to_be_visible()
    heads = page.locator(".graph-heads span")
    expect(heads.filter(has_text="this version")).to_be_visible()
    told = heads.all_inner_texts()
    assert told.index("this version") == told.index("linked") + 1  # what a link leads from stands before it
    expect(heads.first).to_have_text(re.compile(r"^\d steps? up$"))
    start = heads.last.evaluate("head => head.getBoundingClientRect().left")
    page.get_by_role("button", name="Zoom in").click()
    expect(heads.last).to_have_count(1)
    assert heads.last.evaluate("head => head.getBoundingClientRect().left") != start
    run = open_page(f"/runs/{world.run}/")
    assert run.locator(".graph-heads").count() == 0
