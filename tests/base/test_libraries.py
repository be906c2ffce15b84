"""Whose code and whose objects are whose: told by folders, so that no new folder or file has to be made known."""

from __future__ import annotations

import collections
import datetime
import functools
import os
import sys
import types
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.base import libraries
from autograd_lite.base.libraries import ENGINE, INSTALLED, NUMPY, OURS, PYTHON, SCIPY, USER
from autograd_lite.engine.provenance import caller, raised_at

PACKAGE, OF_NUMPY, OF_PYTHON = Path(ag.__file__).parent, Path(np.__file__).parent, Path(os.__file__).parent


def executed(text: str, file: Path | str, name: str | None = None, **names: Any) -> dict[str, Any]:
    """Run a text as a module of that file and name."""
    space = names if name is None else {"__name__": name, **names}
    exec(compile(text, str(file), "exec"), space)
    return space


FRAMES = {
    "a script": ("/home/me/train.py", "__main__", USER),
    "a module of the user's called as NumPy": ("/home/me/numpy.py", "numpy", USER),
    "a module of the user's called as one of Python's": ("/home/me/statistics.py", "statistics", USER),
    "a folder of the user's that sounds like one for packages": ("/home/me/site-packages-of-mine/x.py", "x", USER),
    "a cell of a notebook": ("/tmp/ipykernel_12/3456.py", "__main__", USER),
    "a cell of an older notebook": ("<ipython-input-3-0123456789ab>", "__main__", USER),
    "the prompt": ("<stdin>", "__main__", USER),
    "a text": ("<string>", "mine", USER),
    "a text without a name": ("<string>", None, USER),
    "a method of a dataclass of ours": ("<string>", "autograd_lite.nn.module", OURS),
    "a method of a dataclass of Python's": ("<string>", "dataclasses", PYTHON),
    "a constructor of a named tuple": ("<string>", "namedtuple_Point", PYTHON),
    "ours": (PACKAGE / "nn" / "module.py", "autograd_lite.nn.module", OURS),
    "ours, run as a program": (PACKAGE / "__main__.py", "__main__", OURS),
    "a new folder of ours": (PACKAGE / "train" / "thing.py", "autograd_lite.train.thing", OURS),
    "our folder called as NumPy": (PACKAGE / "numpy" / "x.py", "autograd_lite.numpy.x", OURS),
    "our folder called as SciPy": (PACKAGE / "scipy" / "x.py", "autograd_lite.scipy.x", OURS),
    "our engine": (PACKAGE / "engine" / "sweep.py", "autograd_lite.engine.sweep", ENGINE),
    "a folder of our engine": (PACKAGE / "rules" / "x.py", "autograd_lite.rules.x", ENGINE),
    "a fast path": ("<the fast path of exp>", "autograd_lite.engine.record", ENGINE),
    "NumPy": (OF_NUMPY / "linalg" / "_linalg.py", "numpy.linalg._linalg", NUMPY),
    "Python": (OF_PYTHON / "random.py", "random", PYTHON),
    "Python's import": ("<frozen importlib._bootstrap>", "_frozen_importlib", PYTHON),
    "a package": ("/usr/lib/python3/site-packages/pandas/x.py", "pandas.x", INSTALLED),
    "a package of Debian": ("/usr/lib/python3/dist-packages/x.py", "x", INSTALLED),
    "a package in an archive": ("/usr/lib/python3/site-packages/x.zip/x/y.py", "x.y", INSTALLED),
}


@pytest.mark.parametrize(("file", "name", "owner"), FRAMES.values(), ids=list(FRAMES))
def test_whose_a_frame_is(file: Path | str, name: str | None, owner: str) -> None:
    file = str(file).replace("/", os.sep)
    frame = executed("import sys; frame = sys._getframe()", file, name)["frame"]
    assert libraries.of_frame(frame) == owner
    if not file.startswith("<s"):  # a code by itself does not say of which module it is
        assert libraries.of_code(frame.f_code) == owner


def test_a_module_in_an_archive_of_the_users_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr("archived_by_me.py", "import sys\ndef frame(): return sys._getframe()\nclass Kind: ...")
    monkeypatch.syspath_prepend(str(tmp_path / "mine.zip"))
    import archived_by_me  # type: ignore[import-not-found]

    assert libraries.of_frame(archived_by_me.frame()) == libraries.of(archived_by_me.Kind) == USER


class Mine:
    """A class of the user's."""


THINGS = {
    "a class of ours": (ag.Tensor, ENGINE), "a function of ours": (ag.grad, OURS), "NumPy's class": (np.ndarray, NUMPY),
    "NumPy's generator": (np.random.Generator, NUMPY), "NumPy's function": (np.linalg.inv, NUMPY),
    "Python's class": (collections.Counter, PYTHON), "Python's class in C": (datetime.date, PYTHON),
    "a built-in": (len, PYTHON), "the user's class": (Mine, USER),
    "what has no module": (types.SimpleNamespace(), USER),
    "what says nothing of use": (types.SimpleNamespace(__module__=None), USER),
    "pytest's": (pytest.raises, INSTALLED),
}  # fmt: skip


@pytest.mark.parametrize(("x", "owner"), THINGS.values(), ids=list(THINGS))
def test_whose_a_class_or_a_function_is(x: Any, owner: str) -> None:
    assert libraries.of(x) == owner


def test_a_module_is_the_users_where_its_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = types.ModuleType("sunau")
    mine.__file__ = str(Path("home", "sunau.py"))
    monkeypatch.setitem(sys.modules, "sunau", mine)
    libraries._of_name.cache_clear()
    assert libraries.of_module("sunau") == USER
    libraries._of_name.cache_clear()


# ----- a new folder of the package -----


def test_every_room_of_the_engine_is_there() -> None:
    for room in libraries._ENGINE:
        assert (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file(), room


THING = """
import numpy as np
class Loop:
    top = 1.0
    def __init__(self, limit): self.limit = limit
    def step(self, x): return np.minimum(x, self.limit) * self.top
    def of(self, other, x): return np.minimum(x, other.limit)
def clipped(settings, x): return np.minimum(x, settings.limit)
"""


class Settings:
    limit = 1.0


def own(thing: Any) -> tuple[Callable[[Any], Any], Any, str]:
    loop = thing.Loop(1.0)
    return loop.step, loop, "limit"


def inherited(thing: Any) -> tuple[Callable[[Any], Any], Any, str]:
    class Inherited(thing.Loop):  # type: ignore[misc,name-defined]
        pass

    loop = Inherited(1.0)
    return lambda x: loop.step(x), loop, "limit"


def of_the_class(thing: Any) -> tuple[Callable[[Any], Any], Any, str]:
    loop = thing.Loop(5.0)
    return lambda x: loop.step(x), thing.Loop, "top"


def read_by_a_method(thing: Any) -> tuple[Callable[[Any], Any], Any, str]:
    loop, settings = thing.Loop(5.0), Settings()
    return lambda x: loop.of(settings, x), settings, "limit"


def read_by_a_function(thing: Any) -> tuple[Callable[[Any], Any], Any, str]:
    settings = Settings()
    return lambda x: thing.clipped(settings, x), settings, "limit"


@pytest.mark.parametrize("state", [own, inherited, of_the_class, read_by_a_method, read_by_a_function])
@pytest.mark.parametrize("room", ["train", "data", "numpy", "scipy", "nn", "thing_without_a_folder"])
def test_a_compiled_function_sees_state_that_code_in_a_new_folder_reads(room: str, state: Any) -> None:
    place = f"{room}{os.sep}thing" if "_" not in room else room
    space = executed(THING, PACKAGE / f"{place}.py", f"autograd_lite.{place.replace(os.sep, '.')}")
    f, owner, word = state(types.SimpleNamespace(**space))
    compiled, x = ag.compile(f), np.array([4.0, 9.0])
    for value in (1.0, 1.0, 2.0, 3.0, 2.0):
        setattr(owner, word, value)
        assert compiled(x).tolist() == f(x).tolist()
    assert isinstance(compiled.source, str)


# ----- lines -----


def by_way_of_scipy(f: Callable[[], Any]) -> Any:
    scipy = pytest.importorskip("scipy")
    return executed("def call(f): return f()", Path(scipy.__path__[0], "made_up.py"), "scipy.made_up")["call"](f)


def test_scipys_frames_are_no_line_of_the_users() -> None:
    scipy = pytest.importorskip("scipy")
    frame = executed("import sys; frame = sys._getframe()", Path(scipy.__path__[0], "x.py"), "scipy.x")["frame"]
    assert libraries.of_frame(frame) == SCIPY
    place = by_way_of_scipy(caller)
    assert place is not None
    assert place.code is by_way_of_scipy.__code__


def test_a_warning_by_way_of_scipy_is_at_the_users_line() -> None:
    t = ag.Tensor(np.zeros(3))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        by_way_of_scipy(functools.partial(np.log, t))
    assert [Path(w.filename).name for w in seen] == [Path(__file__).name]


def test_an_error_in_a_callback_of_scipy_is_at_the_users_line() -> None:
    optimize = pytest.importorskip("scipy.optimize")

    def loss(x: Any) -> Any:
        return np.sum(ag.Tensor(x) @ ag.Tensor(np.ones((9, 9)))).item()

    with pytest.raises(ValueError, match="matmul") as raised:
        optimize.minimize(loss, np.ones(2))
    place = raised_at(raised.value)
    assert place is not None
    assert place.code is loss.__code__


def test_what_scipy_does_in_a_compiled_function_is_refused_at_the_users_line() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    with pytest.raises(errors.CompileError, match=rf"\(at {Path(__file__).name}:\d+\)"):
        ag.compile(lambda x: linalg.expm(x))(np.eye(2))
