"""``python -m autograd_lite doctor``: what computes here, which extras are there, and what would make it faster.

What slows NumPy down from outside (a kernel that is forced, functions of the processor that are switched off, memory
that goes back to the system) is measured: in a process with the environment as it is, and in one without the cause.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.blas import loaded
from autograd_lite.base.display import Report
from autograd_lite.compiler.native import c_compiler, cache
from autograd_lite.compiler.native import threads as native_threads
from autograd_lite.compiler.native.threads import usable

EXTRAS = {
    "graphviz-pure": ("graph", "pictures of graphs where the program `dot` is not installed"),
    "numba": ("jit", "compile(backend='numba'): native loops"),
    "matplotlib": ("plot", "figures of losses, differences and decision regions"),
    "scipy": ("scipy", "ag.optimize.minimize: minima with exact derivatives"),
    "safetensors": ("safetensors", "ag.save and ag.load of files that other libraries read"),
    "dask": ("arrays", "arrays of dask in a Tensor: more rows than memory holds"),
    "distributed": ("distributed", "more rows than memory, computed by several processes or machines"),
    "mpi4py": ("mpi", "ag.parallel.mean: training by several processes"),
    "mpich": ("mpi", "the MPI that starts them: mpiexec"),
    "array-api-compat": ("arrays", "arrays of PyTorch in a Tensor: ag.Tensor(x, adapt=True)"),
    "onnx": ("onnx", "ag.onnx.export: models for other programs"),
    "scikit-learn": ("data", "ag.sklearn: estimators; the data of the examples in the repository"),
    "tensorboardX": ("tensorboard", "ag.train.TensorBoard"),
    "tqdm": ("progress", "the bar that shows how far training is"),
}
"""By the distribution that is installed: the extra that installs it, and what it brings."""

THREADS = (
    "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
MALLOC = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
KEEPING = {"MALLOC_TRIM_THRESHOLD_": "400000000", "MALLOC_MMAP_THRESHOLD_": "33554432"}
"""With these glibc keeps what arrays of up to 32 MB give back."""

LARGEST = 4_190_000
"""The numbers in the largest array that glibc learns from: a little less than 32 MB."""
WORTH = 1.08
"""What takes so many times the time, and more, is not chance."""
MANY = 100
"""Page faults of a pass that are worth a word."""
UNTOLD = "it does not tell its version"

_KERNEL = """\
this processor has AVX-512, which the chosen kernel leaves unused: float32 products may be nearly twice as fast with
    OPENBLAS_CORETYPE=SkylakeX python your_program.py
set before NumPy is imported; the library itself changes no environment"""
_FORCED = """\
{said} {changes}: {what} take {factor:.2f} times the time that they take without{how}. Write
    unset {names}"""
_FREE = "{said} {changes}, at no cost that could be measured here"
_UNMEASURED = """\
{said} {changes}, and may be slower than what is chosen without. Write
    unset {names}"""
_FAULTS = """\
arrays of 0.1 to 32 MB go back to the system and are asked for anew, page by page: {faults:,.0f} page faults in one \
pass over 100,000 numbers, which takes {factor:.2f} times the time that it takes without. Write
    {setting} python your_program.py
or, once at the start of the program,
    np.empty({largest:_})
since glibc keeps for later as much as it was given back at once; no memory is touched by it"""
_TOO_MANY = """\
{name}={value} asks for more threads than the {usable} processors that this process may use. Write
    {name}={usable}"""
_NO_COMPILER = "CC={named} is no command. Write unset CC for cc, gcc or clang"

_COLLECTOR = """\
graphs of 50,000 operations and more are gone through again and again by Python's collector of cycles, in vain; with
    import gc; gc.set_threshold(50_000, 20, 100)
at the start of such a program they take half of the time"""
_PATIENT = 10_000

# ----- what is there -----


def blas() -> dict[str, Any]:
    """Return what NumPy says of its BLAS: name and version."""
    config: Any = np.show_config(mode="dicts")
    found: dict[str, Any] = config.get("Build Dependencies", {}).get("blas", {})
    return found


def kernel() -> str | None:
    """Return for which processor the BLAS has chosen its kernels; None where it does not say."""
    return loaded().kernel


def has_avx512() -> bool:
    """Tell whether NumPy has found AVX-512 in the processor."""
    config: Any = np.show_config(mode="dicts")
    found: list[str] = config.get("SIMD Extensions", {}).get("found", [])
    return any("AVX512" in name or name == "X86_V4" for name in found)


def installed(distribution: str) -> str | None:
    """Return the version of what is installed; None where it is not."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def compilers() -> list[str]:
    """Return the C compilers that are found, the one that is used first, with what they say of themselves.

    Examples
    --------
    >>> all(":" in compiler for compiler in compilers())
    True
    """
    chosen = c_compiler.found()
    if chosen is None:
        return []
    names = dict.fromkeys([chosen, *filter(shutil.which, ("cc", "gcc", "clang"))])
    return [f"{name}: {_version(name)}" for name in names]


def _version(command: str) -> str:
    asked = [*shlex.split(command), "--version"]
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        done = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
        return next(iter(done.stdout.splitlines()), UNTOLD)
    return UNTOLD


def _set(names: Sequence[str]) -> list[str]:
    """Return the variables of the environment that are set, as a shell writes them."""
    return [f"{name}={shlex.quote(os.environ[name])}" for name in names if name in os.environ]


# ----- what it costs -----


class Measured(NamedTuple):
    """What a process measures of NumPy: times in seconds, and page faults of one pass."""

    kernel: str | None
    product: float
    functions: float
    elementwise: float
    faults: float


class Cause(NamedTuple):
    """Variables that make NumPy slower, what they do, and what of `Measured` tells."""

    names: tuple[str, ...]
    changes: str
    what: str
    measure: str


CAUSES = (
    Cause(
        ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "BLIS_ARCH_TYPE"),
        "forces how BLAS multiplies", "products of float32 matrices", "product",
    ),
    Cause(
        ("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"),
        "keeps NumPy from functions of the processor", "exponentials and sines of float32", "functions",
    ),
)  # fmt: skip


def measure() -> Measured:
    """Measure a product of matrices, and a derivative of an elementwise function, in this process."""
    a = np.ones((512, 512), np.float32)
    small = np.linspace(0.1, 1.0, 10_000, dtype=np.float32)
    product, functions = _best(lambda: a @ a, 12), _best(lambda: np.exp(np.sin(small)), 12)
    z = np.linspace(0.1, 1.0, 100_000)
    _best(lambda: _pass(z), 3)
    before = _faults()
    elementwise = _best(lambda: _pass(z), 12)
    return Measured(kernel(), product, functions, elementwise, (_faults() - before) / 12)


def _pass(z: Any) -> Any:
    """Do what a value and a gradient do: make arrays, keep them, and give them back together."""
    square = z * z
    bell, wave, slope = np.exp(-square), np.sin(z), np.cos(z)
    value = bell * wave
    return value, bell * slope - 2.0 * z * value


def _best(act: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        act()
        found.append(time.perf_counter() - begin)
    return min(found)


def _faults() -> int:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def measured(changes: Mapping[str, str | None]) -> Measured | None:
    """Measure in a process with a changed environment, on one thread; None where that fails."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    environment |= {name: value for name, value in changes.items() if value is not None}
    for name in [name for name, value in changes.items() if value is None]:
        environment.pop(name, None)
    code = "import json; from autograd_lite.apps import doctor; print(json.dumps(doctor.measure()))"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environment
        )
        return Measured(*json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, IndexError):
        return None


# ----- the report -----


def report() -> Report:
    """Return the whole report as text.

    Examples
    --------
    >>> print(report().splitlines()[0].split()[0])
    Python
    """
    lines = [*_lines(), "", *[_extra(*item) for item in EXTRAS.items()]]
    patient = not gc.isenabled() or gc.get_threshold()[0] >= _PATIENT
    for advice in (*advices(), *(() if patient else (_COLLECTOR,))):
        lines += ["", *_wrapped(f"advice   {advice}")]
    return Report("\n".join(lines))


def _wrapped(text: str) -> Iterator[str]:
    """Yield the lines of a text, none too long but those that are to be written as they are."""
    for line in text.splitlines():
        yield from [line] if line.startswith("    ") else textwrap.wrap(line, 100)


def _lines() -> Iterator[str]:
    known, found = blas(), loaded()
    processors = f"{usable()} of {os.cpu_count()} processors"
    yield f"Python   {platform.python_version()}, {platform.system()} {platform.machine()}, {processors}"
    yield f"NumPy    {np.__version__}"
    yield f"BLAS     {known.get('name', 'unknown')} {known.get('version', '')}, kernel {found.kernel or 'unknown'}"
    counts = f"BLAS {found.threads or 'unknown'}, native code {native_threads.count()}"
    yield f"threads  {counts}; {', '.join(_set(THREADS)) or 'not limited'}"
    yield f"memory   {' '.join(platform.libc_ver()).strip() or 'unknown'}; {', '.join(_set(MALLOC)) or 'nothing set'}"
    yield f"C        {'; '.join(compilers()) or 'no compiler found'}; for compile(backend='cc')"
    yield f"cache    {cache.problem() or cache.folder()}"


def _extra(distribution: str, told: tuple[str, str]) -> str:
    extra, brings = told
    version = installed(distribution)
    state = f"{distribution} {version}" if version else f"missing: pip install 'autograd-lite[{extra}]'"
    return f"{extra:<8} {state}; for {brings}"


def advices() -> Iterator[str]:
    """Yield what would make it faster, each with what to write."""
    forced = [cause for cause in CAUSES if _set(cause.names)]
    keeps = platform.libc_ver()[0] == "glibc"
    now = measured({}) if forced or keeps else None
    yield from [_of_cause(cause, now) for cause in forced]
    if not _set(CAUSES[0].names) and kernel() in ("Zen", "Haswell") and has_avx512():
        yield _KERNEL
    if keeps and now is not None:
        yield from _of_memory(now)
    yield from _of_threads()
    if os.environ.get("CC", "").strip() and c_compiler.found() is None:
        yield _NO_COMPILER.format(named=os.environ["CC"])


def _of_cause(cause: Cause, now: Measured | None) -> str:
    names = [name for name in cause.names if name in os.environ]
    without = measured(dict.fromkeys(names))
    told = {"said": ", ".join(_set(names)), "changes": cause.changes, "names": " ".join(names)}
    if now is None or without is None:
        return _UNMEASURED.format(**told)
    factor = getattr(now, cause.measure) / getattr(without, cause.measure)
    if factor < WORTH:
        return _FREE.format(**told)
    how = f" (kernel {now.kernel}; without, {without.kernel})" if cause.measure == "product" else ""
    return _FORCED.format(**told, what=cause.what, factor=factor, how=how)


def _of_memory(now: Measured) -> Iterator[str]:
    kept = measured(KEEPING) if now.faults >= MANY else None
    if kept is None or kept.faults > now.faults / 2 or now.elementwise < WORTH * kept.elementwise:
        return
    setting = " ".join(f"{name}={value}" for name, value in KEEPING.items())
    factor = now.elementwise / kept.elementwise
    yield _FAULTS.format(faults=now.faults, factor=factor, setting=setting, largest=LARGEST)


def _of_threads() -> Iterator[str]:
    for name in THREADS:
        value = os.environ.get(name, "")
        if value.isdecimal() and int(value) > usable():
            yield _TOO_MANY.format(name=name, value=value, usable=usable())


def main(argv: Sequence[str] = ()) -> int:
    """Print the report; the command ``doctor``."""
    argparse.ArgumentParser(
        prog="python -m autograd_lite doctor", description="Say what computes here, and what would make it faster."
    ).parse_args(argv)
    sys.stdout.write(report() + "\n")
    return 0
