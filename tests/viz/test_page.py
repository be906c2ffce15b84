"""The page in a real browser: it is clicked, folded, searched and stepped through, and the numbers are read off it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.viz.layout import Sizes, laid_out
from autograd_lite.viz.scene import titled
from autograd_lite.viz.words import shape_text

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium drives the browser")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
NAME = 'x<b>&"'


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    headless = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
    for argument in (*headless, "--disable-dev-shm-usage", "--window-size=1300,800"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


class Page:
    """What a user sees and does."""

    def __init__(self, browser: Any, picture: ag.Picture, path: Path) -> None:
        self.browser = browser
        browser.get(picture.save(path).as_uri())

    def find(self, selector: str) -> list[Any]:
        return self.browser.find_elements("css selector", selector)

    def text(self, selector: str) -> str:
        return "\n".join(element.text for element in self.find(selector))

    def click(self, selector: str) -> None:
        self.find(selector)[0].click()

    def press(self, selector: str, *keys: str) -> None:
        self.find(selector)[0].send_keys(*keys)

    def names(self) -> list[str]:
        return [e.text.split("\n")[0] for e in self.find(".box")]

    def active(self) -> str:
        return self.browser.switch_to.active_element.get_attribute("id")

    def complaints(self) -> list[Any]:
        return self.browser.get_log("browser")


LEFT, RIGHT, DOWN, ENTER, ESCAPE = "\ue012", "\ue014", "\ue015", "\ue007", "\ue00c"


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Page]:
    """A network whose numbers are known: w = [2, 3], x = [1, 2], so y = 8 and the loss is 64."""
    model = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Sequential(nn.ReLU()))
    with ag.no_grad():
        model[0].weight.data[:] = [[2.0, 3.0]]
    x = ag.Tensor([[1.0, 2.0]], name=NAME)
    picture = ag.visualize(lambda x: np.sum(model(x) ** 2), x, params={"w": model[0].weight})
    page = Page(browser, picture, tmp_path / "g.html")
    yield page
    assert page.complaints() == []


def test_everything_is_drawn(page: Page) -> None:
    assert page.names() == [NAME, "w", "affine", "relu", "square", "sum", "output"]
    assert [e.text for e in page.find(".frame text")] == ["▾ Sequential", "▾ 0: Linear", "▾ 1: Sequential", "▾ 0: ReLU"]
    assert page.text("#box-2") == "affine\nvalue [[8]]\ngrad [[16]]"
    assert page.text("#status") == "Everything is shown. Step to see it happen."
    assert page.find("b") == []


def test_boxes_do_not_overlap(page: Page) -> None:
    spots = [e.rect for e in page.find(".box")]
    for i, a in enumerate(spots):
        for b in spots[:i]:
            apart = (
                a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
                or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
            )  # fmt: skip
            assert apart


CROSSINGS = """
return [...document.querySelectorAll(".arrow:not(.back)")].flatMap((arrow) => {
  const path = arrow.querySelector("path"), length = path.getTotalLength();
  const others = [...placed].filter(([name]) => name.startsWith("box") && !Object.values(arrow.dataset).includes(name));
  return others.filter(([, at]) => [...Array(100).keys()].some((n) => {
      const { x, y } = path.getPointAtLength(length * n / 99);
      return x > at.x + 1 && x < at.x + at.w - 1 && y > at.y + 1 && y < at.y + at.h - 1;
    })).map(([name]) => `${arrow.dataset.from} -> ${arrow.dataset.to} crosses ${name}`);
});
"""


OVERLAPS = """
const spots = [...document.querySelectorAll("#view .arrow text")].filter((text) => text.textContent)
  .map((text) => [text.textContent, text.getBBox()]);
return spots.flatMap(([name, a], n) => spots.slice(0, n).filter(([, b]) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y + 2 < b.y + b.height && b.y + 2 < a.y + a.height
).map(([other]) => name + " on " + other));
"""


def test_no_arrow_runs_behind_a_box(page: Page) -> None:
    for _ in range(2):
        assert page.browser.execute_script(CROSSINGS) == []
        page.click("#turn")


def test_stepping_forward_and_backward_fills_in_the_numbers(page: Page) -> None:
    page.click("#first")
    assert page.text("#box-0") == f"{NAME}\nvalue [[1, 2]]"
    assert page.text("#box-2") == "affine"
    page.click("#next")
    assert page.text("#box-2") == "affine\nvalue [[8]]"
    assert page.text("#box-3") == "relu"
    assert page.text("#status").startswith("Forward 1 of 5: operation affine; from x<b>&\", w; shape 1×1; value [[8]]")
    for _ in range(4):
        page.press("body", "n")
    assert page.text("#box-6") == "output\nvalue 64"
    assert "grad" not in page.text(".box")
    page.press("body", "n")
    assert page.text("#box-6") == "output\nvalue 64\ngrad 1"
    for _ in range(3):
        page.press("body", "n")
    assert page.text("#status") == "Backward 4 of 5: relu has gradient [[16]]; affine gets [[16]]"
    assert "grad" not in page.text("#box-1")
    assert "[[16]]" in page.text(".arrow.now.returned")
    assert page.browser.execute_script(OVERLAPS) == []
    back = [e.find_element("tag name", "path").get_attribute("marker-end") for e in page.find(".arrow.returned")]
    assert back
    assert not any(back)
    page.click("#next")
    said = f"Backward 5 of 5: affine has gradient [[16]]; {NAME} gets [[32, 48]]; w gets [[16, 32]]"
    assert page.text("#status") == said
    assert page.text("#box-1") == "w\n1×2\nvalue [[2, 3]]\ngrad [[16, 32]]"
    page.press("body", "p")
    assert "grad" not in page.text("#box-1")
    page.click("#all")
    assert "grad" in page.text("#box-1")


def test_a_click_folds_and_unfolds_a_frame(page: Page) -> None:
    page.click("#frame-1 text")
    assert page.names() == [NAME, "relu", "square", "sum", "output"]
    assert page.text("#frame-1") == "▸ 0: Linear"
    assert page.find("#frame-1")[0].get_attribute("aria-expanded") == "false"
    page.click("#frame-1 text")
    assert "affine" in page.names()
    page.click("#fold-all")
    assert page.names() == [NAME, "square", "sum", "output"]
    page.click("#unfold-all")
    assert len(page.names()) == 7


def test_searching_finds_what_is_folded_away(page: Page) -> None:
    page.click("#fold-all")
    page.press("body", "/")
    assert page.active() == "search"
    page.press("#search", "RELU", ENTER)
    assert page.text("#count") == "1 found"
    assert page.active() == "box-3"
    assert [e.get_attribute("id") for e in page.find(".found")] == ["box-3"]


def test_the_keyboard_goes_along_the_graph(page: Page) -> None:
    page.browser.execute_script("across || document.getElementById('turn').click()")
    page.click("#box-3")
    page.press("#box-3", LEFT)
    assert page.active() == "box-2"
    page.press("#box-2", LEFT)
    assert page.active() == "box-0"
    page.press("#box-0", RIGHT)
    assert page.active() == "box-2"
    page.browser.execute_script("focusOn('frame-1')")
    page.press("#frame-1", ENTER)
    assert page.find("#frame-1")[0].get_attribute("aria-expanded") == "false"
    assert page.active() == "frame-1"


def test_arrow_keys_need_no_tab(page: Page) -> None:
    page.press("body", DOWN)
    assert page.active().startswith(("box", "frame"))


def test_escape_ends_a_search(page: Page) -> None:
    page.press("body", "/")
    page.press("#search", "relu")
    assert page.find("#view .lost")
    page.press("#search", ESCAPE)
    assert not page.find("#view .lost, #view .found")
    assert page.find("#search")[0].get_attribute("value") == page.text("#count") == ""
    assert page.active() != "search"


def test_two_fingers_zoom_about_what_lies_between_them(page: Page) -> None:
    page.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

    def touch(kind: str, *xs: int) -> None:
        points = [{"x": x, "y": 300, "id": n} for n, x in enumerate(xs)]
        page.browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = page.browser.execute_script("return state.view")
    touch("touchStart", 400, 500)
    touch("touchMove", 380, 520)
    touch("touchMove", 350, 550)
    touch("touchEnd")
    after = page.browser.execute_script("return state.view")
    page.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    assert after["scale"] == pytest.approx(2 * before["scale"], rel=0.05)
    assert (450 - after["x"]) / after["scale"] == pytest.approx((450 - before["x"]) / before["scale"], abs=4)


def test_the_legend_has_what_the_picture_has(page: Page) -> None:
    said = page.text("#legend dd").split("\n")
    assert said[:4] == ["parameter", "input or constant", "operation", "output"]
    assert not any("wrong" in line for line in said)
    assert page.browser.title == "function"


def test_the_title_and_the_legend_of_what_looks_wrong(browser: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model[0].weight.data[:] = model[0].bias.data[:] = -1.0
    page = Page(browser, ag.visualize(model, np.ones((1, 2))), tmp_path / "g.html")
    assert browser.title == "Sequential"
    assert "looks wrong: zero gradient, dead" in page.text("#legend")
    named = ag.visualize({"<b>loss": np.sum(model(np.ones((1, 2))))})
    Page(browser, named, tmp_path / "g.html")
    assert browser.title == "<b>loss"


@pytest.mark.parametrize(("size", "across"), [((1800, 600), True), ((500, 1200), False)])
def test_the_window_chooses_the_direction(browser: Any, tmp_path: Path, size: tuple[int, int], across: bool) -> None:
    before = browser.get_window_size()
    browser.set_window_size(*size)
    try:
        chain = ag.visualize(lambda x: np.sum(np.tanh(np.sin(np.cos(x)))), np.ones(2))
        page = Page(browser, chain, tmp_path / "g.html")
        assert browser.execute_script("return across") == across
        page.click("#turn")
        assert browser.execute_script("return across") != across
    finally:
        browser.set_window_size(before["width"], before["height"])


def test_a_compiled_step_has_a_map(browser: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Softmax())
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    @ag.compile
    def train(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = ag.half_squared_error(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(3):
        train(np.ones((4, 2)), np.ones((4, 2)))
    page = Page(browser, ag.visualize(train), tmp_path / "g.html")
    titles = [e.get_attribute("textContent") for e in page.find("#view .frame text")]
    assert titles == ["▾ as recorded", "▾ after the passes"]
    before = page.browser.execute_script("return state.view")
    map_ = page.find("#map.needed")[0]
    webdriver.ActionChains(browser).move_to_element(map_).click().perform()
    assert page.browser.execute_script("return state.view") != before
    assert page.complaints() == []


def scenes() -> dict[str, ag.Picture]:
    def looped(h: Any) -> Any:
        for _ in range(30):
            h = np.cos(np.sin(h))
        return h.sum()

    model, loss = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), nn.CrossEntropyLoss()
    return {
        "loop": ag.visualize(looped, np.ones(3)),
        "network": ag.visualize(lambda x, classes: loss(model(x), classes), np.ones((5, 3)), np.array([0, 1, 1, 0, 0])),
        "ways past": ag.visualize(lambda x: np.sum(x * np.exp(np.sin(x) * x) + x), np.ones(2)),
    }


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("name", scenes())
def test_the_page_is_laid_out_as_the_drawing(browser: Any, tmp_path: Path, name: str, across: bool) -> None:
    picture = scenes()[name]
    Page(browser, picture, tmp_path / "g.html")
    there = browser.execute_script("across = arguments[0]; draw(); return [[...placed], drawn]", across)
    places, ways = dict(there[0]), there[1]
    scene = picture._scene
    sizes = Sizes(
        [(places[f"box-{i}"]["w"], places[f"box-{i}"]["h"]) for i in range(len(scene.boxes))],
        [7.4 * (len(titled(frame.title, frame.times)) + 2) + 22 for frame in scene.frames],
        [6.2 * len(shape_text(arrow.shape)) + 4 if arrow.shape is not None else 0.0 for arrow in scene.arrows],
    )
    here = laid_out(scene, sizes, across=across)
    for kind, spots in (("box", here.boxes), ("frame", here.frames)):
        for i, spot in enumerate(spots):
            assert list(spot) == pytest.approx([places[f"{kind}-{i}"][k] for k in "xywh"], abs=1e-6)
    for edge in ways:
        if len(edge["arrows"]) == 1:
            assert np.array(here.ways[edge["arrows"][0]]) == pytest.approx(np.array(edge["points"]), abs=1e-6)


def test_details_and_what_a_screen_reader_says(page: Page) -> None:
    page.click("#box-1")
    assert page.text("#title") == "w 1×2"
    told = ["Kind", "parameter", "In", "Sequential / 0: Linear", "Shape", "1×2"]
    assert page.text("#details").split("\n")[:6] == told
    said = page.find("#box-1")[0].get_attribute("aria-label")
    assert said == "parameter w, 1×2; shape 1×2; value [[2, 3]]; grad [[16, 32]]"
    assert len(page.find('#view [tabindex="0"]')) == 1
    assert page.find("#status")[0].get_attribute("aria-live") == "polite"


def test_zoom_pan_and_theme(page: Page) -> None:
    def transform() -> list[float]:
        return [float(x) for x in re.findall(r"-?[\d.]+", page.find("#view")[0].get_attribute("transform"))]

    fitted = transform()
    page.click("#zoom-in")
    assert transform()[2] == pytest.approx(1.25 * fitted[2])
    page.click("#fit")
    assert transform() == pytest.approx(fitted)
    drag = webdriver.ActionChains(page.browser).move_to_element_with_offset(page.find("#graph")[0], 0, -200)
    drag.click_and_hold().move_by_offset(50, 30).release().perform()
    assert transform() == pytest.approx([fitted[0] + 50, fitted[1] + 30, fitted[2]])
    before = page.find("html")[0].get_attribute("data-theme")
    colour = page.find("body")[0].value_of_css_property("background-color")
    page.click("#theme")
    after = page.find("html")[0].get_attribute("data-theme")
    assert {before, after} == {"light", "dark"}
    assert page.text("#theme") == {"light": "Dark", "dark": "Light"}[after]
    assert page.find("body")[0].value_of_css_property("background-color") != colour


def test_depth_is_how_far_the_page_is_unfolded_at_first(browser: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 1), nn.Sequential(nn.ReLU()))
    page = Page(browser, ag.visualize(model, np.ones((1, 2)), depth=0), tmp_path / "g.html")
    assert page.text(".frame.closed") == "▸ 0: Linear\n▸ 1: Sequential"
    page.click("#frame-0 text")
    assert "affine" in page.names()
    assert page.complaints() == []


def test_folded_blocks_and_failures(browser: Any, tmp_path: Path) -> None:
    def f(h: Any) -> Any:
        for _ in range(30):
            h = np.cos(np.sin(h))
        return h @ np.ones((5, 5))

    page = Page(browser, ag.visualize(f, np.ones(3)), tmp_path / "g.html")
    assert [e.text for e in page.find(".frame text")] == ["▾ (30 alike)"]
    assert page.find(".arrow.back")
    assert page.text("#status").startswith("The run failed: ValueError: matmul")
    assert page.text(".failed").startswith("matmul\nValueError")
    assert not page.text("#status").endswith("…")
    assert page.complaints() == []
