"""The document's perceptron: derived gradients against a complex step, and the program from start to picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from pictures import words_in, words_shown

from autograd_lite.apps import perceptron

EXAMPLES = Path(__file__).parents[2] / "examples"


def chain_rule_by_hand(v: Mapping[str, float]) -> dict[str, float]:
    """Return the gradients by the chain rule done by hand: what the printed formulas should have been."""
    f = perceptron.formulas(v)
    p, a, hidden = np.array([f["p1"], f["p2"]]), np.array([f["a4"], f["a5"]]), np.array([f["a1"], f["a2"]])
    error = p - np.array(perceptron.TARGET)
    delta = p * (error - error @ p) * a * (1 - a)
    back = delta.sum() * np.array([v["w21"], v["w22"]]) * hidden * (1 - hidden)
    gradients = {
        "w11": back.sum() * perceptron.X[0], "w12": back.sum() * perceptron.X[1], "b1": back[0], "b2": back[1], "b3": 0,
        "w21": delta.sum() * hidden[0], "w22": delta.sum() * hidden[1], "b4": delta[0], "b5": delta[1],
    }  # fmt: skip
    return {name: float(g) for name, g in gradients.items()}


@pytest.mark.parametrize("seed", range(5))
def test_derived_gradients_are_exact(seed: int) -> None:
    v = perceptron.initial_parameters(seed)
    derived = perceptron.derived_gradients(v)
    exact, by_hand = perceptron.complex_step_gradients(v), chain_rule_by_hand(v)
    for name in perceptron.PARAMETERS:
        assert derived[name] == pytest.approx(exact[name], rel=1e-9, abs=1e-15)
        assert derived[name] == pytest.approx(by_hand[name], rel=1e-9, abs=1e-15)


def test_no_printed_formula_holds() -> None:
    v = perceptron.initial_parameters()
    derived, printed = perceptron.derived_gradients(v), perceptron.printed_gradients(v)[0]
    assert all(abs(printed[name] - derived[name]) > 1e-3 for name in perceptron.PRINTED)


def test_the_whole_story(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "graph.dot"
    perceptron.main(["--output", str(target)])
    told = capsys.readouterr().out
    assert "WRONG" not in told
    assert target.read_text().startswith("digraph {")
    for line in re.findall(r"loss  (.*)", told):
        losses = [float(x) for x in line.split()]
        assert losses == sorted(losses, reverse=True)


def test_the_picture_of_the_readme_is_todays() -> None:
    assert words_in(perceptron.picture(perceptron.network())) == words_shown(EXAMPLES / "perceptron.svg")
