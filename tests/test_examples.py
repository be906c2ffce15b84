"""The examples run and keep what they promise."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from autograd_lite import errors

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_digits_are_read_with_97_percent_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("tqdm")
    digits: dict[str, Any] = runpy.run_path(str(EXAMPLES / "digits.py"))
    share = digits["main"]()
    assert share >= 0.97
    assert f"test accuracy: {share:.1%}" in capsys.readouterr().out


@pytest.mark.parametrize("module", ["sklearn", "tqdm"])
def test_digits_without_an_extra_say_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "sklearn.datasets", raising=False)
    digits = runpy.run_path(str(EXAMPLES / "digits.py"))
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[data,progress\]'"):
        digits["main"]()
