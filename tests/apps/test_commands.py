"""``python -m autograd_lite``: what it says of its commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd_lite as ag
from autograd_lite.__main__ import COMMANDS, main


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def said(*argv: str) -> tuple[str, str, int | str | None]:
        with pytest.raises(SystemExit) as ended:
            main(argv)
        out, err = capsys.readouterr()
        return out, err, ended.value.code

    return said


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(flag: str, said: Callable[..., Any]) -> None:
    out, _, code = said(flag)
    assert code == 0
    assert out.startswith("usage: python -m autograd_lite [")
    assert [line.split()[0] for line in out.partition("commands:\n")[2].splitlines()[: len(COMMANDS)]] == [*COMMANDS]


def test_the_version(said: Callable[..., Any]) -> None:
    assert said("--version") == (f"autograd_lite {ag.__version__}\n", "", 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_names_it(command: str, said: Callable[..., Any]) -> None:
    out, _, code = said(command, "--help")
    assert code == 0
    assert out.startswith(f"usage: python -m autograd_lite {command} ")


@pytest.mark.parametrize("argv", [["chek"], ["checks", "model.py:f"], ["model.py:f"]])
def test_an_unknown_command_is_refused_with_those_there_are(argv: list[str], said: Callable[..., Any]) -> None:
    _, err, code = said(*argv)
    assert code == 2
    assert err.endswith(f"there is no command {argv[0]}. Write one of: {', '.join(COMMANDS)}\n")


def test_an_unknown_option_is_refused(said: Callable[..., Any]) -> None:
    assert said("--out-put", "x.svg")[2] == 2


def test_without_a_command_the_perceptron_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["perceptron"]):
        assert main([*argv, "--output", str(tmp_path / "graph.dot"), "--seed", "3"]) is None
        assert "graph.dot" in capsys.readouterr().out
