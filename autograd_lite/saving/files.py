"""State dicts, and whatever is built of dicts, lists, numbers and arrays, in a file: all, or what was there before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd_lite import errors
from autograd_lite.base.arraylike import defines
from autograd_lite.engine import refusals
from autograd_lite.saving import npz, safetensors, trees
from autograd_lite.saving.atomic import replaced


def save(obj: Any, f: Any) -> None:
    """Write a state dict, or a dict of several, to a file.

    Parameters
    ----------
    obj : object
        Arrays and Tensors; numbers, texts, None; and dicts, lists and tuples of these. So all states of a training go
        into one file: of the model, the optimiser, its schedule, a `DataLoader`, and ``rng.bit_generator.state``.
    f : path or binary file
        A name that ends with ``.safetensors`` is written by the package safetensors
        (``pip install 'autograd-lite[safetensors]'``), which other libraries read. Every other file is one of NumPy's
        ``.npz``, which `numpy.load` reads.

    Raises
    ------
    DataError
        What would have to be pickled, as a module or a function; what is built more than 200 levels deep. Nothing is
        written then.
    UnsupportedError
        A dtype that safetensors has not: texts, longdouble.
    OSError
        A disk that is full. The old file is there then.

    Notes
    -----
    A file is written beside the old one and then put in its place, so that one of both is there, and whole, whenever
    the program or the machine stops; what a killed program has left beside it, the next one takes away. No code is in a
    file, and none is executed when it is read; so a named tuple comes back as a tuple. Arrays come back to the last
    bit; from safetensors by rows, and in the processor's order of bytes.

    Examples
    --------
    >>> import autograd_lite as ag, tempfile, pathlib
    >>> model = ag.nn.Linear(2, 1)
    >>> optimizer = ag.optim.Adam(model.parameters())
    >>> path = pathlib.Path(tempfile.mkdtemp(), "checkpoint.npz")
    >>> ag.save({"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    >>> checkpoint = ag.load(path)
    >>> checkpoint["epoch"], model.load_state_dict(checkpoint["model"])
    (3, IncompatibleKeys(missing_keys=[], unexpected_keys=[]))
    """
    if not _is_path(f) and not defines(type(f), "write"):
        raise errors.DataError(errors.SAVE_FILE.format(given=type(f).__name__))
    arrays, tree = trees.taken_apart(obj)
    if not _is_path(f):
        f.write(npz.written(arrays, tree))
        return
    path = Path(f)
    written = safetensors.written if path.suffix == ".safetensors" else npz.written
    replaced(path, written(arrays, tree))


def _is_path(f: Any) -> bool:
    return isinstance(f, (str, os.PathLike))


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Return what `save` has written to a file, or a dict of the arrays in a file of others.

    Parameters
    ----------
    f : path or binary file
        A file of safetensors, or one of NumPy's ``.npz``: ours, or another one's, of which there is a dict of arrays.
    map_location : {"cpu"} or callable, optional
        PyTorch's argument: there is one device, and so nothing to choose by a function or a dict.
    weights_only : bool
        PyTorch's argument: nothing else can be had, as nothing is ever executed.

    Raises
    ------
    FileError
        A file that is cut off, damaged, or of another kind. Everything is checked before anything is returned, and
        before memory is asked for.

    Notes
    -----
    The ``bfloat16`` of PyTorch, which NumPy has not, becomes float32, which has all of its numbers. Other dtypes that
    NumPy has not are refused. A compressed archive that comes to more than a gigabyte, and a hundred times its size, is
    refused: write ``dict(np.load(path))`` if it is one's own.

    Examples
    --------
    >>> import autograd_lite as ag, io
    >>> file = io.BytesIO()
    >>> ag.save({"weight": ag.ones(2), "steps": (1, 2.5)}, file)
    >>> ag.load(io.BytesIO(file.getvalue()))
    {'weight': Tensor([1., 1.], dtype=float64), 'steps': (1, 2.5)}
    """
    if not callable(map_location) and not isinstance(map_location, dict):
        refusals.device(map_location)
    if not weights_only:
        raise errors.UnsupportedError(errors.LOAD_PICKLE)
    if not _is_path(f) and not defines(type(f), "read"):
        raise errors.DataError(errors.LOAD_FILE.format(given=type(f).__name__))
    content = Path(f).read_bytes() if _is_path(f) else f.read()
    what = str(f if _is_path(f) else getattr(f, "name", "the file"))
    arrays, tree = _reader(what, content)(what, content)
    if tree is not None:
        return trees.put_together(what, arrays, tree)
    if odd := [name for name in arrays if _leads_away(name)]:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=f"its name {odd[0]!r} is a path elsewhere"))
    return arrays


def _leads_away(name: str) -> bool:
    """Tell whether a name, if somebody took it for that of a file, would be in another folder."""
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")


def _reader(what: str, content: bytes) -> Callable[[str, bytes], tuple[trees.Arrays, str | None]]:
    """Return what reads a file, by what it begins with."""
    if content[8:9] == b"{":  # after the length of a header, which may begin as any file does
        return safetensors.read
    if content[:2] == b"PK":
        return npz.read
    if content[:1] == b"\x80":
        raise errors.FileError(errors.LOAD_PYTORCH.format(file=what))
    raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason="it is none of safetensors or of .npz"))
