"""The scripts in ``examples/distributed``: the command in the first line of each, as it stands there."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from engines import has_mpi, run
from helpers import ROOT

SCRIPTS = sorted((ROOT / "examples" / "distributed").glob("*.py"))
NEEDED = {"mpi": ["mpi4py"], "dask_rows": ["distributed"], "executor": ["scipy"]}


def command_of(script: Path) -> list[str]:
    """Return the words of the command, with this very Python."""
    first = script.read_text(encoding="utf-8").partition("\n")[0].removeprefix('"""')
    return [sys.executable if word == "python" else word for word in shlex.split(first)]


def test_each_names_itself_in_its_command() -> None:
    assert [script.stem for script in SCRIPTS] == sorted(NEEDED)
    for script in SCRIPTS:
        assert f"examples/distributed/{script.name}" in command_of(script)


@pytest.mark.parametrize("name", NEEDED)
def test_the_command_does_what_it_says(name: str) -> None:
    for module in NEEDED[name]:
        pytest.importorskip(module, exc_type=ImportError)
    if name == "mpi" and not has_mpi():
        pytest.skip("no mpiexec: pip install 'autograd-lite[mpi]'")
    (script,) = [script for script in SCRIPTS if script.stem == name]
    done = run(*command_of(script), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    shown = dict(re.findall(r"^(.*?):? (\d+\.\d+)(?:[,;].*)?$", done.stdout, re.MULTILINE))
    if name == "mpi":
        assert float(shown["2 ranks: off by"]) < 0.05
    elif name == "dask_rows":
        assert float(shown["logistic"]) < 0.4
        assert float(shown["components"]) < 0.25
        assert float(shown["network"]) < 0.2
    else:
        assert float(shown["lowest of 30 valleys"]) < 1e-6
        assert float(shown["R-hat of 4 chains"]) < 1.1
        assert float(shown["determinant of the orbit, 1 where areas stay"]) == pytest.approx(1, abs=1e-6)
        assert run(*command_of(script)[:-1], "0", cwd=ROOT).stdout == done.stdout  # with no worker


@pytest.mark.skipif(not has_mpi(), reason="no mpiexec: pip install 'autograd-lite[mpi]'")
def test_training_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    """Two epochs and two more are four, to the last digit that is printed."""
    pytest.importorskip("mpi4py", exc_type=ImportError)
    script, path = "examples/distributed/mpi.py", str(tmp_path / "last.npz")

    def epochs(count: int, *more: str) -> list[str]:
        mpi = ("mpiexec", "-n", "2", sys.executable, "-m", "mpi4py", script)
        return re.findall(r"^epoch .*", run(*mpi, "--epochs", str(count), *more, cwd=ROOT).stdout, re.MULTILINE)

    whole = epochs(4)
    assert len(whole) == 4
    assert epochs(2, "--checkpoint", path) == whole[:2]
    assert epochs(4, "--checkpoint", path, "--resume") == whole[2:]


def test_there_is_something_to_go_on_from() -> None:
    pytest.importorskip("mpi4py", exc_type=ImportError)
    done = run(sys.executable, "examples/distributed/mpi.py", "--resume", cwd=ROOT)
    assert done.returncode == 2
    assert "write --checkpoint PATH beside it" in done.stderr
