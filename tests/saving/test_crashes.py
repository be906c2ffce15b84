"""A program or a disk fails while a file is saved: the old file or the new one is there, and whole."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import interrupts
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.saving import atomic
from autograd_lite.saving.atomic import replaced

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks and signals of POSIX")
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(params=["npz", "safetensors"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"file.{request.param}"


def given(k: int) -> dict[str, Any]:
    return {"k": k, "a": np.full(50_000, float(k))}


def whole(path: Path) -> int:
    """Return which of the files that were saved is there, and hold that it is whole."""
    found = ag.load(path)
    assert (found["a"] == found["k"]).all()
    return int(found["k"])


def child(do: Callable[[], object]) -> int:
    """Do something in the child of a fork, and return how it ended."""
    number = os.fork()
    if not number:
        try:
            do()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def beside(path: Path) -> list[Path]:
    return [x for x in path.parent.iterdir() if x != path]


# ----- kills -----


def killed_at(n: int, do: Callable[[], object]) -> None:
    """Do something, and be killed before the n-th line of what writes a file."""
    left = n

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(("atomic.py", "npz.py", "safetensors.py")):
            return None
        left -= event == "line"
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    do()


@forks
def test_a_kill_at_any_line_leaves_a_whole_file(path: Path) -> None:
    ag.save(given(0), path)
    last, n, left = 0, 0, 0
    ended = -signal.SIGKILL
    while ended:
        n += 1
        ended = child(lambda n=n: killed_at(n, lambda: ag.save(given(n), path)))  # type: ignore[misc]
        left = max(left, len(beside(path)))
        assert whole(path) in (last, n)
        last = whole(path)
    assert last == n > 30
    assert left > 0
    assert beside(path) == []  # the last one has taken away what those before have left


@forks
def test_12_kills_at_any_time_leave_a_whole_file(path: Path) -> None:
    ag.save(given(0), path)

    def saving() -> None:
        k = 0
        while True:
            k += 1
            ag.save(given(k), path)

    rng = np.random.default_rng(0)
    for _ in range(12):
        number = os.fork()
        if not number:
            try:
                saving()
            finally:
                os._exit(0)
        time.sleep(float(rng.uniform(0.01, 0.05)))
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        whole(path)
    ag.save(given(3), path)
    assert beside(path) == []


@forks
def test_what_others_write_stays(tmp_path: Path) -> None:
    """Of a program that runs, of another machine, of another file, and of other programs."""
    path = tmp_path / "a.npz"
    mine = f".a.npz.{atomic._machine()}."
    names = [f"{mine}{os.getpid()}.{atomic._RUN}.1.tmp", f"{mine}{os.getppid()}.1.1.tmp", f"{mine}none.1.1.tmp"]
    names += [".a.npz.0badcafe.1.1.1.tmp", ".b.npz.1.tmp", "a.npz.tmp"]
    for name in names:
        (tmp_path / name).touch()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (tmp_path / f"{mine}{int(gone.stdout)}.1.1.tmp").touch()
    (tmp_path / f"{mine}{os.getpid()}.another.1.tmp").touch()
    ag.save({}, path)
    assert sorted(x.name for x in beside(path)) == sorted(names)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file that an interrupt left open
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_ctrl_c_leaves_a_whole_file(tmp_path: Path) -> None:
    path, k = tmp_path / "a", 0
    path.write_bytes(b"0" * 1000)
    for block in interrupts.everywhere(interrupts.AtCall):
        last, k = path.read_bytes(), k + 1
        with block:
            replaced(path, b"%d" % k * 1000)
        assert path.read_bytes() in (last, b"%d" % k * 1000)
    assert path.read_bytes() == b"%d" % k * 1000
    assert k > 20


# ----- disks -----


def test_a_failure_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ag.save(given(1), path)

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    for function in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, function, full if function == "fsync" else lambda *names: full(0))
            with pytest.raises(OSError, match="No space left"):
                ag.save(given(2), path)
        assert whole(path) == 1
        assert beside(path) == []


@forks
@pytest.mark.parametrize("limit", [0, 1, 1000, 400_000])
def test_a_disk_that_is_full_after_some_bytes(path: Path, limit: int) -> None:
    resource = pytest.importorskip("resource")
    ag.save(given(1), path)

    def saving() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            ag.save(given(2), path)
        except OSError:
            os._exit(3)

    assert child(saving) == 3
    assert whole(path) == 1
    assert beside(path) == []


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A real one, of 256 kB, where this may be mounted."""
    if shutil.which("mount") is None:
        pytest.skip("no mount")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=640k", "none", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("nothing may be mounted")
    try:
        path = tmp_path / "a.npz"
        ag.save(given(1), path)
        with pytest.raises(OSError, match="No space left"):
            ag.save(given(2), path)
        assert whole(path) == 1
        assert beside(path) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="devices of Linux")
def test_devices_and_pipes_are_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "full.npz"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        ag.save(given(1), path)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    ag.save(given(1), "/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(IsADirectoryError):
        ag.save(given(1), tmp_path)


def test_a_folder_that_knows_no_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def failing(number: int, code: int) -> None:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(code, "no sync")
        sync(number)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda number: failing(number, 22))
        ag.save(given(1), path)
        patched.setattr(os, "fsync", lambda number: failing(number, 5))
        with pytest.raises(OSError, match="no sync"):
            ag.save(given(2), path)
    assert whole(path) == 2


def test_a_file_in_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    replaced(Path("a"), b"abc")
    assert Path("a").read_bytes() == b"abc"
