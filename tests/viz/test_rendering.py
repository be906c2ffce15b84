"""Pictures in files, and the programs that draw some of them. An SVG needs none: see test_svg."""

from __future__ import annotations

import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from helpers import printed
from pictures import parameter, perceptron, plain, svg_of

import autograd_lite as ag
from autograd_lite import errors

MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "dot": b"digraph {", "gv": b"digraph {", "SVG": b"<?xml"}


@pytest.mark.parametrize("ending", MAGIC)
def test_saving(ending: str, tmp_path: Path) -> None:
    loss, params = perceptron()
    target = tmp_path / f"graph.{ending}"
    assert ag.visualize(loss, params=params).save(target) == target
    assert target.read_bytes().startswith(MAGIC[ending])
    assert ag.visualize(loss, params=params).save(str(target)) == target


def test_dot_text_is_saved_as_utf_8(tmp_path: Path) -> None:
    picture = plain(parameter((2, 3), "вес"))
    assert picture.save(tmp_path / "graph.dot").read_bytes() == picture.source.encode()


@pytest.mark.parametrize("name", ["graph.jpeg", "graph", "graph.svg.zip", ".svg"])
def test_an_unknown_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(errors.PictureError, match=r"\.svg, \.png, \.pdf, \.dot, \.gv"):
        plain(parameter()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_notebook_gets_svg_with_every_name() -> None:
    loss, params = perceptron()
    picture = ag.visualize(loss, params=params)
    bundle = picture._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(picture)
    assert bundle["image/svg+xml"] == picture._repr_svg_()
    texts = {e.text.strip() for e in ET.fromstring(bundle["image/svg+xml"]).iter() if e.tag.endswith("text")}
    assert {"W1", "3×2", "b1", "x", "y", "affine", "sigmoid", "softmax", "half_squared_error"} <= texts
    assert {"loss", "scalar", "parameter", "operation", "output"} <= texts


@pytest.fixture
def no_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(sys, "executable", str(empty / "python"))


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer(tmp_path: Path) -> None:
    picture = plain(parameter((3,), "w") * 2)
    assert picture._repr_mimebundle_()["image/svg+xml"] == svg_of(picture)
    assert picture.save(tmp_path / "graph.svg").read_text(encoding="utf-8") == svg_of(picture)
    assert picture.save(tmp_path / "graph.dot").read_text(encoding="utf-8") == picture.source
    with pytest.raises(errors.MissingExtraError, match=r"`dot` of Graphviz.*graphviz-pure.*autograd-lite\[graph\]"):
        picture.save(tmp_path / "graph.png")
    assert not (tmp_path / "graph.png").exists()


PURE = shutil.which("graphviz-pure", path=str(Path(sys.executable).parent))


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Put programs written in shell in the place of all others."""
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "python"))


needs_shell = pytest.mark.skipif(sys.platform == "win32" or PURE is None, reason="stands in programs by shell scripts")


@needs_shell
def test_graphviz_is_preferred_and_writes_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path, monkeypatch, dot=f'case "$*" in *-Tpdf*) echo %PDF;; *) exec {PURE} -Tpng;; esac')
    picture = plain(parameter((3,), "w"))
    assert picture.save(tmp_path / "graph.pdf").read_bytes() == b"%PDF\n"
    assert picture.save(tmp_path / "graph.png").read_bytes().startswith(MAGIC["png"])


@needs_shell
def test_graphviz_without_its_python_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path, monkeypatch, dot="exit 0")
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(errors.MissingExtraError, match="graphviz, which is not installed"):
        plain(parameter()).save(tmp_path / "graph.png")


@needs_shell
def test_graphviz_pure_is_found_on_the_path_and_refuses_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path, monkeypatch, **{"graphviz-pure": f'exec {PURE} "$@"'})
    picture = plain(parameter((3,), "w"))
    assert picture.save(tmp_path / "graph.png").exists()
    with pytest.raises(errors.PictureError, match=r"graphviz-pure does not write pdf.*\.svg, \.png, \.dot"):
        picture.save(tmp_path / "graph.pdf")


@needs_shell
@pytest.mark.parametrize("name", ["dot", "graphviz-pure"])
def test_a_renderer_that_fails(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    programs(tmp_path, monkeypatch, **{name: "echo no layout engine >&2; exit 3"})
    picture = plain(parameter((3,), "w"))
    with pytest.raises(errors.PictureError, match=f"{name} could not draw the graph: no layout engine.*graph.dot"):
        picture.save(tmp_path / "graph.png")
    assert capfd.readouterr().err == ""


@needs_shell
@pytest.mark.parametrize("name", ["dot", "graphviz-pure"])
def test_a_renderer_that_cannot_be_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path, monkeypatch)
    (tmp_path / name).write_bytes(b"\x7fELF not a program")
    (tmp_path / name).chmod(0o755)
    with pytest.raises(errors.PictureError, match=f"{name} could not draw the graph"):
        plain(parameter()).save(tmp_path / "graph.png")


def test_importing_pictures_loads_no_renderer() -> None:
    program = "import sys, numpy; old = set(sys.modules); import autograd_lite.viz; print(*sys.modules.keys() - old)"
    loaded = set(printed(program).split())
    assert "autograd_lite.viz.render" in loaded
    assert not {"graphviz", "subprocess"} & loaded
