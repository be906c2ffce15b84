"""What a test suite uses: an assertion, a table as a test; and the check from the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.check import command
from autograd_lite.engine.forms import elementwise

X = np.array([0.5, -1.0])

test_gradients = ag.testing.gradient_tests(
    {"sine": (np.sin, X), "product": (np.multiply, X, X + 1), "pair": ((np.square, lambda x: np.diag(2 * x)), X)},
    order=2,
)


def test_an_assertion() -> None:
    assert ag.testing.assert_gradients(np.multiply, X, X, modes=("reverse",)).ok
    wrong = elementwise(lambda x: np.sin(x), lambda g, x: g * np.sin(x))
    with pytest.raises(AssertionError, match="is wrong at 2 of 2 elements") as caught:
        ag.testing.assert_gradients(wrong, X)
    assert not caught.value.report.ok


def test_a_table_is_a_test_for_each_case() -> None:
    (mark,) = test_gradients.pytestmark
    assert mark.kwargs["ids"] == ["sine", "product", "pair"]
    wrong = ag.testing.gradient_tests({"cut": (lambda x: x * x.detach(), X)})
    with pytest.raises(errors.GradcheckError, match="not tracked"):
        wrong(wrong.pytestmark[0].args[1][0])


def test_a_table_without_pytest_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest", None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[test\]'"):
        ag.testing.gradient_tests({})


PROGRAM = """
import numpy as np
SCALE = np.array([2.0, 3.0])
def right(x=np.ones(2), a=2.0):
    return np.sum(np.sin(x)) * a
def wrong(x=np.ones(2)):
    y = x.detach() * 3
    return np.sum(x * y)
def free(x, y):
    return x * y
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_the_check_from_the_shell(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([f"{program}:right", "--order", "2"]) == 0
    assert "gradcheck of right" in capsys.readouterr().out
    assert command.main([f"{program}:wrong"]) == 1
    assert f"operation multiply, argument x1, {program}:7" in capsys.readouterr().out
    assert command.main([f"{program}:free", "--inputs", "SCALE, np.ones(2)"]) == 0


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("program.py:free", ["free(x, y) has parameters without a default", "Write --inputs 'np.ones(3), 2.0'"]),
        ("program.py:gone", ["no function 'gone' in program.py, which has: right, wrong, free"]),
        ("gone.py:f", ["there is no file 'gone.py'"]),
    ],
)
def test_the_shell_says_what_to_write(
    target: str, words: list[str], program: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(program.parent)
    assert command.main([target]) == 2
    said = capsys.readouterr().err
    assert all(part in said for part in words)


def test_the_command_itself(program: Path) -> None:
    """As a process: one line to type, and its exit status."""
    line = [sys.executable, "-m", "autograd_lite", "check", f"{program}:wrong"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == "gradcheck of wrong"
