"""The tree, Mermaid and the page as text."""

from __future__ import annotations

import json
import re
import webbrowser
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import X, parameter, small_network

import autograd_lite as ag


def test_the_tree() -> None:
    w, x = parameter((2, 1), "w"), ag.Tensor(X, name="x")
    h = np.tanh(x @ w)
    assert str(ag.visualize(h * h + 1)) == (
        "output\n"
        "add  1×1\n"
        "├─ multiply  1×1\n"
        "│  ├─ [1] tanh  1×1\n"
        "│  │  matmul  1×1\n"
        "│  │  ├─ x  1×2  (input)\n"
        "│  │  └─ w  2×1  (parameter)\n"
        "│  └─ [1] tanh as above\n"
        "└─ 1"
    )


def test_a_long_path_leaves_room_for_the_operation() -> None:
    with ag.scope("a" * 50), ag.scope("inner"):
        y = np.sin(parameter(name="w"))
    assert str(ag.visualize(y)).split("\n")[1] == f"…{'a' * 32} / inner / sin  scalar"


def test_saving_as_text_and_as_mermaid(tmp_path: Path) -> None:
    picture = ag.visualize(small_network(), X)
    assert picture.save(tmp_path / "graph.txt").read_text(encoding="utf-8") == f"{picture}\n"
    lines = picture.save(tmp_path / "graph.md").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["```mermaid", "flowchart LR"]
    assert lines[-1] == "```"
    assert lines.count("  end") == 5
    assert '  subgraph f2 ["2#58; Sequential"]' in lines
    assert '  n0(["input"]):::input' in lines
    assert '  n0 -->|"1×2"| n3' in lines


@pytest.mark.parametrize(
    "name", ['"]; click n0 "javascript:x', "<b>x</b>", "`x`\n```\nend", "a#35;b & %%{init}%%", "вес"]
)
def test_no_name_becomes_markup_in_mermaid(name: str, tmp_path: Path) -> None:
    text = ag.visualize(parameter((2,), name) * 1, legend=False).save(tmp_path / "g.md").read_text(encoding="utf-8")
    (line,) = [x for x in text.splitlines() if ":::parameter" in x]
    label = re.fullmatch(r'  n0>"(.*)"\]:::parameter', line)[1]
    assert not set(re.sub(r"#\d+;|<br/>", "", label)) & set('"<>&#;`%{}[]')
    assert len(re.findall("```", text)) == 2


def test_the_page_holds_its_data_and_needs_no_network(tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script><!-- \u2028"
    w = parameter((2,), name)
    text = ag.visualize(np.sum(w * 3)).save(tmp_path / "g.html").read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</script") == 2
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)\s*=|@import|url\((?!#)|fetch\(|https?://(?!www\.w3\.org/2000/svg)""", text)
    data = json.loads(re.search(r'id="data">(.*)</script>', text)[1])
    assert data["boxes"][0]["lines"] == [name, "2"]
    assert data["boxes"][2]["value"] == "[1.5, 1.5]"
    assert [arrow["share"] for arrow in data["arrows"]] == ["[3, 3]", "", "[1, 1]", ""]


def test_pages_of_large_graphs_come_without_numbers(tmp_path: Path) -> None:
    text = ag.visualize(parameter((1001, 1001)) * 2).save(tmp_path / "g.html").read_text(encoding="utf-8")
    assert not json.loads(re.search(r'id="data">(.*)</script>', text)[1])["boxes"][2]["value"]


def test_showing_opens_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    path = ag.visualize(parameter() * 2).show()
    assert opened == [path.as_uri()]
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    path.unlink()


def test_every_format_is_the_same_twice(tmp_path: Path) -> None:
    for ending in ("dot", "txt", "md", "html"):
        texts = [
            ag.visualize(small_network(), X, values=True, gradients=True).save(tmp_path / f"g.{ending}").read_bytes()
            for _ in range(2)
        ]
        assert texts[0] == texts[1]


def tags_of(page: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, [name for name, _ in attributes]))
    parser.feed(page)
    return found


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_no_name_becomes_markup_of_a_page(name: str) -> None:
    with ag.scope(name):
        picture = ag.visualize({name: parameter((3,), name or "w") * 1})
    page = picture._in("html").decode()
    plain = ag.visualize({"a": parameter((3,), "w") * 1})._in("html").decode()
    assert tags_of(page) == tags_of(plain)
    json.loads(re.search(r'id="data">(.*)</script>', page)[1])
    assert len(re.findall("^```", picture._in("md").decode(), re.MULTILINE)) == 2
    assert len(str(picture).splitlines()) == 4
