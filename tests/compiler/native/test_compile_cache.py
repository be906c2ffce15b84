"""Code is kept, and loaded, only where nobody else can have put it; and where none can be made, others stand in."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backends import ABSENT, AVAILABLE, NATIVE
from helpers import printed

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.compiler.native import c_compiler, cache, layout, numba_compiler, trust

pytestmark = pytest.mark.skipif(not trust.SUPPORTED, reason="this system does not tell who may write to a folder")
AS_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
SOMEBODY = 12_345
NAME, DATA = "some.so", b"code"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that something is kept in."""
    place = tmp_path / "above" / "cache"
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(place))
    cache.keep(NAME, DATA)
    assert cache.kept(NAME) == DATA
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert cache.problem() is None
    return place


# ----- whose folder -----


def linked(place: Path, owner: int | None = None) -> None:
    moved = place.rename(place.with_name("moved"))
    place.symlink_to(moved)
    if owner is not None:
        os.chown(place, owner, owner, follow_symlinks=False)


def moved_from_above(place: Path) -> None:
    above = place.parent.rename(place.parent.with_name("moved"))
    (place.parent).symlink_to(above.name)


UNTRUSTED: dict[str, Any] = {
    "written by all": lambda place: place.chmod(0o777),
    "written by the group": lambda place: place.chmod(0o770),
    "a place where everybody adds": lambda place: place.chmod(0o1777),
    "above it all may rename": lambda place: place.parent.chmod(0o777),
    "above it the group may": lambda place: place.parent.chmod(0o775),
    "somebody else's": pytest.param(lambda place: os.chown(place, SOMEBODY, SOMEBODY), marks=AS_ROOT),
    "above it is somebody else's": pytest.param(lambda place: os.chown(place.parent, SOMEBODY, -1), marks=AS_ROOT),
    "a link of somebody else's": pytest.param(lambda place: linked(place, SOMEBODY), marks=AS_ROOT),
    "a file": lambda place: (shutil.rmtree(place), place.write_text("no folder")),
    "a pipe": lambda place: (shutil.rmtree(place), os.mkfifo(place)),
    "a link to itself": lambda place: (shutil.rmtree(place), place.symlink_to(place)),
}
TRUSTED: dict[str, Callable[[Path], Any]] = {
    "as it was": lambda place: None,
    "read by all": lambda place: place.chmod(0o755),
    "where everybody may add, as in /tmp": lambda place: place.parent.chmod(0o1777),
    "a link of ours": linked,
    "a link on the way": moved_from_above,
}


@pytest.mark.parametrize("spoil", UNTRUSTED.values(), ids=UNTRUSTED)
def test_nothing_is_read_from_a_folder_that_others_can_have_written_to(folder: Path, spoil: Any) -> None:
    spoil(folder)
    assert cache.kept(NAME) is None
    cache.keep("another", DATA)
    assert not list(folder.parent.rglob("another*"))
    assert str(folder) in (cache.problem() or "")


@pytest.mark.parametrize("change", TRUSTED.values(), ids=TRUSTED)
def test_a_folder_of_ours_serves(folder: Path, change: Callable[[Path], Any]) -> None:
    change(folder)
    assert cache.kept(NAME) == DATA
    cache.keep("another", DATA)
    assert cache.kept("another") == DATA


def test_names_that_lead_up_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", "./cache/../cache//")
    assert cache.kept(NAME) == DATA
    (folder.parent / "open").mkdir(mode=0o777)
    (folder.parent / "open").chmod(0o777)
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", "open/../cache")
    assert cache.kept(NAME) is None


def test_what_is_checked_is_what_is_used(folder: Path) -> None:
    with cache._opened() as place:
        folder.rename(folder.with_name("before"))
        folder.mkdir()
        (folder / NAME).write_bytes(b"planted")
        assert (trust.read(NAME, place) or b"").startswith(DATA)
        trust.write("another", DATA, place)
    assert not (folder / "another").exists()


@pytest.mark.parametrize("name", ["AUTOGRAD_LITE_CACHE", "XDG_CACHE_HOME", "HOME"])
def test_the_folder_is_the_environment_s(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("AUTOGRAD_LITE_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path))
    cache.keep(NAME, DATA)
    assert [path.name for path in tmp_path.rglob(NAME)] == [NAME]


# ----- what is in the place of a file -----


def replaced(make: Callable[[Path], Any]) -> Callable[[Path], Any]:
    return lambda path: (path.unlink(), make(path))


def with_a_file(path: Path) -> None:
    path.mkdir()
    (path / "file").touch()


def pointing(path: Path) -> None:
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to(aside)


FILES: dict[str, Any] = {
    "nothing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "another text": lambda path: path.write_bytes(b"c0de" + path.read_bytes()[4:]),
    "no digest": lambda path: path.write_bytes(DATA),
    "a pipe": replaced(os.mkfifo),
    "a folder": replaced(Path.mkdir),
    "a folder with a file": replaced(with_a_file),
    "a link": pointing,
    "a link to nothing": replaced(lambda path: path.symlink_to("nowhere")),
    "a terminal": replaced(lambda path: path.symlink_to("/dev/tty")),
    "not readable": lambda path: (path.write_bytes(b""), path.chmod(0)),
    "written by the group": lambda path: path.chmod(0o660),
    "somebody else's": pytest.param(lambda path: os.chown(path, SOMEBODY, SOMEBODY), marks=AS_ROOT),
}


@pytest.mark.parametrize("spoil", FILES.values(), ids=FILES)
def test_what_is_no_file_of_ours_is_as_if_it_were_not_there(folder: Path, spoil: Any) -> None:
    spoil(folder / NAME)
    assert cache.kept(NAME) is None
    cache.keep(NAME, DATA)
    found = cache.kept(NAME)
    assert found == DATA if (folder / NAME).is_file() else found is None
    assert not [path for path in folder.iterdir() if path.name.startswith(".") and path.name != ".autograd_lite"]


def test_a_full_disk_leaves_the_file_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    cache.keep(NAME, b"new")
    assert cache.kept(NAME) == DATA
    assert [path.name for path in folder.iterdir() if path.name != ".autograd_lite"] == [NAME]


# ----- whole programs -----


def twice(backend: str) -> Any:
    step = ag.compile(lambda x: (np.tanh(x) * 2.0, np.sum(x)), backend=backend)
    for _ in range(3):
        y, total = step(np.arange(4.0))
        np.testing.assert_allclose(y, np.tanh(np.arange(4.0)) * 2.0, rtol=1e-15)
        assert total == 6.0
    return step


SCRIPT = textwrap.dedent("""
    import sys
    sys.path[:0] = [TESTS, TESTS + "/compiler/native"]
    from test_compile_cache import cache, twice
    twice(BACKEND)
    print(cache.private())
""")


def private_folder(backend: str, **environment: str) -> Path:
    """What a fresh process has made and loaded code in."""
    program = SCRIPT.replace("TESTS", repr(str(Path(__file__).parents[2]))).replace("BACKEND", repr(backend))
    return Path(printed(program, **environment).strip())


@pytest.mark.parametrize("backend", NATIVE)
def test_a_planted_library_is_not_loaded(backend: str, tmp_path: Path) -> None:
    place = tmp_path / "cache"
    assert not private_folder(backend, AUTOGRAD_LITE_CACHE=str(place)).exists()
    [kept] = place.iterdir()
    planted = b"this would kill the process"
    kept.write_bytes(planted + cache.hashlib.sha256(planted).digest())
    place.chmod(0o777)
    assert not private_folder(backend, AUTOGRAD_LITE_CACHE=str(place)).exists()
    assert kept.read_bytes().startswith(planted)


SPOILT = ["a pipe", "a folder with a file", "not readable", "cut short"]


@pytest.mark.parametrize(
    ("backend", "spoil"),
    [pytest.param("cc", spoil, marks=ABSENT["cc"]) for spoil in SPOILT]
    + [pytest.param("numba", "a folder with a file", marks=ABSENT["numba"])],
)
def test_whatever_is_in_its_place_a_program_runs(backend: str, spoil: str, tmp_path: Path) -> None:
    environment = {"AUTOGRAD_LITE_CACHE": str(tmp_path / "cache")}
    private_folder(backend, **environment)
    [kept] = (tmp_path / "cache").iterdir()
    FILES[spoil](kept)
    private_folder(backend, **environment)


@pytest.mark.parametrize("backend", NATIVE)
def test_code_is_made_in_no_folder_that_others_could_exchange(backend: str, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "ours").mkdir(mode=0o700)
    environment = {"AUTOGRAD_LITE_CACHE": str(tmp_path / "cache")}
    assert private_folder(backend, TMPDIR=str(tmp_path / "ours"), **environment).parent == tmp_path / "ours"
    assert private_folder(backend, TMPDIR=str(tmp_path / "open"), **environment).parent != tmp_path / "open"
    assert not list((tmp_path / "open").iterdir())
    assert not list((tmp_path / "ours").iterdir())


@pytest.mark.parametrize("backend", [pytest.param("numba", marks=ABSENT["numba"])])
def test_numba_keeps_nothing_of_ours_in_another_folder(backend: str, tmp_path: Path) -> None:
    environment = {"AUTOGRAD_LITE_CACHE": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    for _ in range(2):
        private_folder(backend, **environment)
        assert not (tmp_path / "numba").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_private_folder_is_removed_by_who_has_made_it() -> None:
    program = """
import os, sys
from autograd_lite.compiler.native import cache
mine = cache.private()
child = os.fork()
if not child:
    assert cache.private() != mine
    print(cache.private(), flush=True)
    sys.exit()
os.waitpid(child, 0)
assert mine.exists() and cache.private() == mine
os.rmdir(mine)
assert cache.private() != mine and cache.private().exists()
print(mine, cache.private())
"""
    assert not [path for path in printed(program).split() if Path(path).exists()]


# ----- what can't be made -----


def compiler(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


BROKEN: dict[str, Callable[[Path], str]] = {
    "fails": lambda place: compiler(place / "cc", "echo not today >&2; exit 1"),
    "makes nothing": lambda place: compiler(place / "cc", "exit 0"),
    "makes nonsense": lambda place: compiler(
        place / "cc", 'for a; do [ "$b" = -o ] && echo nonsense > "$a"; b=$a; done; exit 0'
    ),
    "dies": lambda place: compiler(place / "cc", "kill -9 $$"),
    "is no program": lambda place: str(shutil.copy(__file__, place / "cc")),
    "is no command": lambda place: "'",
    "is not there": lambda place: str(place / "nowhere"),
    "is a folder": str,
}


def only_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have numba fail, and nothing compiled already."""

    def fails(*_: Any) -> None:
        raise RuntimeError("numba is tired")

    monkeypatch.setattr(numba_compiler, "_executed", fails)
    monkeypatch.setattr(c_compiler, "_libraries", {})


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("when", ["before", "after the first call"])
def test_auto_takes_another_backend_where_compiling_fails(
    fault: Any, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    only_numpy(monkeypatch)
    if when == "before":
        monkeypatch.setenv("CC", fault(tmp_path))
    step = ag.compile(lambda x: np.sin(x) * 1.171875, backend="auto")
    for n in (3, 4):
        for _ in range(3):
            np.testing.assert_allclose(step(np.ones(n)), np.sin(np.ones(n)) * 1.171875, rtol=1e-15)
            monkeypatch.setenv("CC", fault(tmp_path))
    assert step.program.native is None
    report = step.program.report()
    assert not AVAILABLE["numba"] or "backend numpy, since another one failed. backend='numba'" in report
    assert when == "before" or "since another one failed. backend='cc'" in report


@pytest.mark.parametrize("backend", [pytest.param("numba", marks=ABSENT["numba"])])
def test_numba_is_taken_before_numpy(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", compiler(tmp_path / "cc", "exit 1"))
    step = twice("auto")
    assert step.program.native.name == backend
    assert "backend numba, since another one failed. backend='cc'" in step.program.report()


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_cc_says_what_the_compiler_or_the_system_has_against_it(
    fault: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    step = ag.compile(lambda x: np.sin(x) * 1.125, backend="cc")
    step(np.ones(3))
    monkeypatch.setattr(c_compiler, "_libraries", {})
    monkeypatch.setenv("CC", fault(tmp_path))
    for _ in range(2):
        with pytest.raises(errors.CompileError, match=r"(?s)backend='cc'.*backend='numpy'"):
            step(np.ones(3))
    assert not list(tmp_path.glob("cache/*.so"))
    monkeypatch.delenv("CC")
    np.testing.assert_allclose(step(np.ones(3)), np.sin(np.ones(3)) * 1.125, rtol=1e-15)


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_compiler_without_a_name_is_the_system_s(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = c_compiler.found()
    monkeypatch.setenv("CC", blank)
    assert c_compiler.found() == usual


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


SYSTEM: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "no room": lambda monkeypatch: monkeypatch.setattr(cache, "workspace", full),
    "no right to execute": lambda monkeypatch: monkeypatch.setattr(ctypes, "CDLL", full),
    "another layout": lambda monkeypatch: monkeypatch.setattr(layout, "FLAGS", layout.FLAGS + 1),
    "no process": lambda monkeypatch: monkeypatch.setattr(c_compiler.subprocess, "Popen", full),
}


@pytest.mark.parametrize("fault", SYSTEM.values(), ids=SYSTEM)
@pytest.mark.parametrize("backend", ["auto", *NATIVE])
def test_what_the_system_has_against_it(
    backend: str, fault: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    step = ag.compile(lambda x: np.cos(x) * 1.0625, backend=backend)
    step(np.ones(3))
    monkeypatch.setattr(c_compiler, "_libraries", {})
    monkeypatch.setattr(numba_compiler, "_executed", full)
    c_compiler._understood.cache_clear()
    fault(monkeypatch)
    if backend == "auto":
        assert [step(np.ones(3)).tolist() for _ in range(2)] == [(np.cos(np.ones(3)) * 1.0625).tolist()] * 2
        assert "backend numpy, since another one failed" in step.program.report()
    else:
        with pytest.raises(errors.CompileError, match="backend='numpy'"):
            step(np.ones(3))


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")
def test_where_no_folder_may_be_executed_from_memory_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(c_compiler, "_libraries", {})
    usual = ctypes.CDLL

    def no_folder(path: str, *more: Any) -> Any:
        if not path.startswith("/proc"):
            raise OSError("failed to map segment from shared object")
        return usual(path, *more)

    monkeypatch.setattr(ctypes, "CDLL", no_folder)
    for factor in (1.5, 2.5):
        step = ag.compile(lambda x, factor=factor: x * factor * 1.03125, backend="cc")
        assert [step(np.ones(2)).tolist() for _ in range(3)] == [[factor * 1.03125] * 2] * 3


def test_the_folder_may_go_and_come(folder: Path) -> None:
    for change in (shutil.rmtree, lambda place: place.chmod(0o777), lambda place: place.chmod(0o700)):
        c_compiler._libraries.clear()
        change(folder)
        twice("auto")


# ----- what takes too long -----


def test_auto_does_not_wait_for_a_compiler_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c_compiler, "LIMIT", 0.1)
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", compiler(tmp_path / "cc", "sleep 600 & sleep 600"))
    only_numpy(monkeypatch)
    step = ag.compile(lambda x: x * 1.25, backend="auto")
    step(np.ones(2))
    with pytest.warns(ag.errors.AutogradWarning, match="is stopped"):
        assert step(np.ones(2)).tolist() == [1.25, 1.25]
    assert step(np.ones(2)).tolist() == [1.25, 1.25]
    assert step(np.ones(3)).tolist() == [1.25] * 3  # and is not tried again
    assert step(np.ones(3)).tolist() == [1.25] * 3
    assert "has been compiling for" in step.program.report()


@pytest.mark.skipif(c_compiler.found() is None, reason="cc is not installed")
def test_cc_waits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = c_compiler.found()
    monkeypatch.setattr(c_compiler, "LIMIT", 0.1)
    monkeypatch.setattr(c_compiler, "_understood", lambda *_: ())
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", compiler(tmp_path / "cc", f'sleep 0.5; exec {usual} "$@"'))
    step = ag.compile(lambda x: x * 1.375, backend="cc")
    step(np.ones(2))
    with pytest.warns(ag.errors.AutogradWarning, match="and goes on"):
        assert step(np.ones(2)).tolist() == [1.375, 1.375]


def test_numba_says_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    if not numba_compiler.is_installed():
        pytest.skip("numba is not installed")
    monkeypatch.setattr(numba_compiler, "LIMIT", -1.0)
    step = ag.compile(lambda x: x * 1.4375, backend="numba")
    step(np.ones(2))
    with pytest.warns(ag.errors.AutogradWarning, match="numba has compiled for"):
        assert step(np.ones(2)).tolist() == [1.4375, 1.4375]


def test_an_interrupt_ends_the_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    started: list[Any] = []
    usual = c_compiler.subprocess.Popen

    def start(*given: Any, **more: Any) -> Any:
        started.append(usual(*given, **more))
        return started[-1]

    monkeypatch.setattr(c_compiler.subprocess, "Popen", start)
    monkeypatch.setattr(c_compiler, "_waited", interrupted)
    with pytest.raises(KeyboardInterrupt):
        c_compiler._run([sys.executable, "-c", "import time; time.sleep(600)"], tmp_path, patient=True)
    assert started[0].returncode is not None
