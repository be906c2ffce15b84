"""Where CPython and NumPy keep what native code reads: the items of a tuple, the elements of an array, a number.

Native code is given one tuple of arrays and numbers, as an object of Python, and reads the addresses itself. So a call
takes a quarter of a microsecond, however many arrays there are; an address asked for in Python takes as long for each.

Source: ``PyTupleObject`` and ``PyFloatObject`` in the headers of CPython, ``PyArrayObject_fields`` and the scalar
objects in those of NumPy, both of them part of the stable binary interface.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np

from autograd_lite import errors

WORD = ctypes.sizeof(ctypes.c_void_p)
ITEMS = tuple.__basicsize__ // WORD
"""The word of a tuple at which its items begin."""
DATA = object.__basicsize__ // WORD
"""The word of an array that has the address of its elements; in a number, its value."""
FLAGS = DATA + 6
"""The word of an array that has its flags."""
CONTIGUOUS = 0x101
"""The flags of an array in C order whose elements lie where processors want them."""


def _word(thing: Any, index: int) -> int:
    return ctypes.c_ssize_t.from_address(id(thing) + index * WORD).value


def check() -> None:
    """Raise an error if anything lies elsewhere than said here."""
    array, number, scalar = np.arange(6.0).reshape(2, 3), 0.75, np.float32(0.75)
    pair = (array, number)
    flags = [_word(x, FLAGS) & CONTIGUOUS for x in (array, array.T)]
    found = [_word(pair, ITEMS), _word(array, DATA), *flags]
    wanted = [id(array), array.ctypes.data, CONTIGUOUS, CONTIGUOUS - 1]
    values = [
        ctypes.c_double.from_address(id(number) + DATA * WORD).value,
        ctypes.c_float.from_address(id(scalar) + DATA * WORD).value,
    ]
    if found != wanted or values != [0.75, 0.75] or sys.implementation.name != "cpython":
        raise errors.CompileError(errors.COMPILE_LAYOUT.format(python=sys.version.split()[0], numpy=np.__version__))
