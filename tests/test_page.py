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
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1300,800"):
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


LEFT, RIGHT, ENTER = "\ue012", "\ue014", "\ue007"


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
    assert "← [[16]]" in page.text(".arrow.now")
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
    assert {before, page.find("html")[0].get_attribute("data-theme")} == {"light", "dark"}
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
    assert [e.text for e in page.find(".frame text")] == ["▾ × 30"]
    assert page.find(".arrow.back")
    assert page.text("#status").startswith("The run failed: ValueError: matmul")
    assert page.text(".failed").startswith("matmul\nValueError")
    assert page.complaints() == []
