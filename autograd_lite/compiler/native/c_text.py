"""Kernels as C."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.compiler.native import c_blas, c_convolutions, c_extrema, c_normal
from autograd_lite.compiler.native.c_products import function
from autograd_lite.compiler.native.layout import CONTIGUOUS, DATA, FLAGS, ITEMS
from autograd_lite.compiler.native.loops import (
    Buffer,
    Convolution,
    Kernel,
    Product,
    Reduce,
    Single,
    Stage,
    View,
    buffers_of,
)
from autograd_lite.compiler.native.nests import Loop, is_scattered, may_fail, place
from autograd_lite.compiler.native.scalars import SCALARS, Scalar
from autograd_lite.compiler.native.writer import FLOAT, Writer, inside, start

NAMES = {
    "f8": "double", "f4": "float", "i8": "int64_t", "i4": "int32_t", "i2": "int16_t", "i1": "int8_t",
    "u8": "uint64_t", "u4": "uint32_t", "u2": "uint16_t", "u1": "uint8_t", "b1": "_Bool",
}  # fmt: skip
PREAMBLE = f"""\
#include <float.h>
#include <math.h>
#include <stdint.h>
#define MAX DBL_MAX
#define MAXf FLT_MAX
#define ITEM(i) (((intptr_t **)given)[{ITEMS} + (i)])
#define IS_PLAIN(i) ((*(int *)(ITEM(i) + {FLAGS}) & {CONTIGUOUS}) == {CONTIGUOUS})
typedef double doubles __attribute__((vector_size(64), aligned(8), may_alias));
typedef float floats __attribute__((vector_size(64), aligned(4), may_alias));
#define ALWAYS static inline __attribute__((always_inline))

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
/* These have vector versions in libmvec, exact to 4 units in the last place, for NaN and infinities too. */
#define VECTOR(name) __attribute__((simd("notinbranch"), const)) double name(double); \\
    __attribute__((simd("notinbranch"), const)) float name##f(float);
VECTOR(exp) VECTOR(log) VECTOR(sin) VECTOR(cos) VECTOR(tan) VECTOR(tanh) VECTOR(sinh) VECTOR(cosh) VECTOR(asin)
VECTOR(acos) VECTOR(atan) VECTOR(asinh) VECTOR(acosh) VECTOR(atanh) VECTOR(exp2) VECTOR(expm1) VECTOR(log1p)
VECTOR(log2) VECTOR(log10) VECTOR(cbrt) VECTOR(erf) VECTOR(erfc)
#define VECTOR_OF_TWO(name) __attribute__((simd("notinbranch"), const)) double name(double, double); \\
    __attribute__((simd("notinbranch"), const)) float name##f(float, float);
VECTOR_OF_TWO(pow) VECTOR_OF_TWO(atan2) VECTOR_OF_TWO(hypot)
/* Where an exponential is 0 they call the others, lane by lane: so it is in masked rows, half of which are -inf. */
#define EXP(type, f, least) ALWAYS type exp_of##f(type x) {{ \\
    const type y = exp##f(x < least ? 0 : x); return x < least ? 0 : y; }}
EXP(double, , -746.0) EXP(float, f, -104.0f)
#define exp(x) exp_of(x)
#define expf(x) exp_off(x)
#endif
#endif
"""
_COMBINED = {
    "add": "{0} + {1}", "multiply": "{0} * {1}", "logical_and": "{0} & {1}", "logical_or": "{0} | {1}",
    "maximum": SCALARS[np.maximum].c, "minimum": SCALARS[np.minimum].c,
}  # fmt: skip
_EXTREMES = ("maximum", "minimum")
_LANES, _PIECE = 16, 256
"""Extrema are found of a multiple of so many elements, and of so many at a time at most."""


def text(kernels: Sequence[Kernel]) -> str:
    """Return a file of C with some kernels."""
    body = "\n".join([CWriter().write(kernel) for kernel in kernels])
    functions = [c_normal.text()] if c_normal.MARK in body else []
    functions += [c_extrema.TEXT] if c_extrema.MARK in body else []
    return "\n".join([PREAMBLE, *functions, *c_blas.declared(kernels), body])


def c_name(dtype: Any) -> str:
    return NAMES[np.dtype(dtype).str[1:]]


def in_memory(dtype: Any) -> str:
    """Return the type of elements in memory. A truth value is a byte, of which NumPy takes all but 0 for true."""
    return "uint8_t" if dtype.kind == "b" else c_name(dtype)


class CWriter(Writer):
    """Writes C.

    Attributes
    ----------
    counter : str
        The type of the variables of loops.
    fast : bool
        Whether there are functions of our own.
    """

    counter = "int64_t"
    fast = True

    def __init__(self) -> None:
        super().__init__()
        self._functions: list[str] = []
        self._kernel, self._in_piece = "", False

    def write(self, kernel: Kernel) -> str:
        self._kernel = kernel.name
        body = super().write(kernel)
        return "\n".join([*self._functions, body])

    def begin(self, kernel: Kernel, stage: Stage) -> None:
        self.line(f"int {stage.name}(void *given{', int64_t part, int64_t parts' if stage.parts > 1 else ''})")
        self.line("{")
        with self.deeper():
            if plain := [f"IS_PLAIN({b.place})" for b in kernel.inputs if b.kind == "array"]:
                self.line(f"if (!({' && '.join(plain)})) return 1;")
            for buffer in (*kernel.inputs, *kernel.outputs):
                self._reached(buffer, const=buffer in kernel.inputs)
            if kernel.work:
                self.line(f"char *work = (char *)ITEM({len(kernel.inputs) + len(kernel.outputs)})[{DATA}];")
            self.line("int failed = 0;")
            if (total := stage.parts) > 1:
                self.line(f"const int64_t first = {total} * part / parts, stop = {total} * (part + 1) / parts;")

    @contextmanager
    def node(self, node: Single) -> Iterator[None]:
        """NOTE: temporaries that share memory are never in the same block, as ``restrict`` asks."""
        self.line("{")
        with self.deeper():
            for buffer in [b for b in buffers_of(node).values() if b.kind == "temporary"]:
                name = in_memory(buffer.dtype)
                self.line(f"{name} *restrict {self.array(buffer)} = {self.in_work(buffer, name)};")
            yield
        self.line("}")

    def in_work(self, buffer: Buffer, name: str) -> str:
        """Return where a temporary, of elements that C calls `name`, begins in the work space."""
        return f"({name} *)work + {buffer.place}"

    def _reached(self, buffer: Buffer, const: bool) -> None:
        name = f"const {in_memory(buffer.dtype)}" if const else in_memory(buffer.dtype)
        where = f"(ITEM({buffer.place}) + {DATA})" if buffer.kind == "number" else f"ITEM({buffer.place})[{DATA}]"
        self.line(f"{name} *restrict p{buffer.id} = ({name} *){where};")

    def end(self) -> None:
        with self.deeper():
            self.line("return failed ? 2 : 0;")
        self.line("}")

    @contextmanager
    def loop(self, variable: str, first: str, stop: str, step: int = 1) -> Iterator[None]:
        more = f"{variable}++" if step == 1 else f"{variable} += {step}"
        self.line(f"for ({self.counter} {variable} = {first}; {variable} < {stop}; {more}) {{")
        with self.deeper():
            yield
        self.line("}")

    def innermost(self, nest: Loop, variable: str, first: str, stop: str) -> Iterator[None]:
        whole = nest.shape[-1] // _LANES * _LANES
        if whole and self._is_of_extremes(nest):
            yield from self._in_pieces(nest, variable, whole)
            if whole == nest.shape[-1]:
                return
            first = str(whole)
        if (words := self._simd(nest)) is not None:
            self.line(f"#pragma omp simd{words}")
        with self.loop(variable, first, stop):
            yield

    def _is_of_extremes(self, nest: Loop) -> bool:
        """Tell whether all that is reduced in the innermost loop are extrema of floats, and it could have vectors."""
        found = [s.reduce for s in inside(nest).values()]
        alike = all(s.how in _EXTREMES and s.view.buffer.dtype.kind == "f" for s in found)
        return bool(found) and alike and not is_scattered(nest.body) and not any(map(may_fail, nest.body))

    def _in_pieces(self, nest: Loop, variable: str, whole: int) -> Iterator[None]:
        """Write a loop over pieces: what is reduced in each is computed first, and then compared in vectors.

        NOTE: compilers make no vectors of a reduction to an extremum, for they know nothing of NaN in one.
        """
        size = max(n for n in range(_LANES, min(_PIECE, whole) + 1, _LANES) if whole % n == 0)
        found = {self.total(k): s.reduce for k, s in inside(nest).items()}
        for name, s in found.items():
            kind = c_name(s.view.buffer.dtype)
            self.line(f"{kind} {name}_of[{size}];")
            self.line(f"{kind}s {name}_in = {self.literal(start(s), s.view.buffer.dtype)} - ({kind}s){{0}};")
        with self.loop("piece", "0", str(whole), size):
            self.line("#pragma omp simd")
            with self.loop("k", "0", str(size)):
                self.line(f"const {self.counter} {variable} = piece + k;")
                self._in_piece = True
                yield
                self._in_piece = False
            for name, s in found.items():
                self.line(f"{name}_in = {s.how}_{c_name(s.view.buffer.dtype)}({name}_of, {size}, {name}_in);")
        for name, s in found.items():
            self.line(f"{name}_of[0] = {s.how}_of_{c_name(s.view.buffer.dtype)}({name}_in);")
            self.assign(name, self.combined(s, name, f"{name}_of[0]"))  # with what outer loops have found

    def reduced(self, s: Reduce, name: str, value: str) -> None:
        if self._in_piece:
            self.line(f"{name}_of[k] = {value};")
        else:
            super().reduced(s, name, value)

    def _simd(self, nest: Loop) -> str | None:
        """Return what the compiler is told of a loop whose elements may be computed in any order; None for others."""
        sums = inside(nest)
        if is_scattered(nest.body) or any(s.reduce.how in _EXTREMES for s in sums.values()):
            return None
        signs = {"add": "+", "multiply": "*", "logical_and": "&", "logical_or": "|"}
        names = {k: self.sum(k) if self.keeps_errors(s, nest) else self.total(k) for k, s in sums.items()}
        words = [f" reduction({signs[s.reduce.how]}:{names[k]})" for k, s in sums.items()]
        return "".join([*words, " reduction(|:failed)" if any(map(may_fail, nest.body)) else ""])

    def large_product(self, node: Product, stack: Sequence[str]) -> None:
        places = [
            f"{self.array(v.buffer.held())} + {place(v, (*stack, '0', '0'))}" for v in (node.a, node.b, node.c)
        ]
        if node.blas is not None:
            self._by_blas(node.matrices(), node.blas, places)
            return
        name = f"{self._kernel}_product_{node.c.buffer.id}"
        self._functions.append(function(name, node.matrices(), c_name(node.c.buffer.dtype)))
        self.line(f"{name}({', '.join(places)});")

    def convolution(self, node: Convolution) -> None:
        name = f"{self._kernel}_convolution_{node.to.buffer.id}"
        self._functions.append(c_convolutions.function(name, node, c_name(node.to.buffer.dtype)))
        places = [f"{self.array(v.buffer.held())} + {place(v, ['0'] * len(v.shape))}" for v in (node.x, node.w, node.y)]
        self.line(f"{name}({', '.join(places)});")

    def _by_blas(self, node: Product, piece: int, places: Sequence[str]) -> None:
        """Write a call of BLAS, or a loop of calls for some columns each."""
        columns = node.b.shape[1]
        if not piece:
            self.line(c_blas.call(node, places, str(columns)))
            return
        with self.loop("n", "0", str(columns), piece):
            parts = [f"{p} + n * {v.strides[1]}" for p, v in zip(places[1:], (node.b, node.c), strict=True)]
            left = str(piece) if columns % piece == 0 else self.smaller(str(piece), f"{columns} - n")
            self.line(c_blas.call(node, [places[0], *parts], left))

    def typed(self, value: str, dtype: Any) -> str:
        return value if dtype.kind == "b" or dtype == FLOAT else f"(({c_name(dtype)}){value})"

    def declare(self, name: str, dtype: Any, value: str) -> None:
        self.line(f"{c_name(dtype)} {name} = {value};")

    def assign(self, name: str, value: str) -> None:
        self.line(f"{name} = {value};")

    def array(self, buffer: Buffer) -> str:
        """Return what points to the elements of a buffer."""
        return f"p{buffer.id}"

    def load(self, view: View, variables: Sequence[str], more: Sequence[str] = ()) -> str:
        element = f"{self.array(view.buffer.held())}[{place(view, variables, more)}]"
        return f"({element} != 0)" if view.buffer.dtype.kind == "b" else element

    def store(self, view: View, value: str, variables: Sequence[str], more: Sequence[str] = ()) -> None:
        self.line(f"{self.array(view.buffer.held())}[{place(view, variables, more)}] = {value};")

    def literal(self, value: Any, dtype: Any) -> str:
        if dtype.kind == "b":
            return str(int(bool(value)))
        if dtype.kind in "iu":
            return f"({c_name(dtype)}){int(value)}" if value >= 0 else f"(({c_name(dtype)})({int(value)} + 0LL))"
        number = float(dtype.type(value))
        if math.isnan(number):
            return "NAN"
        single = dtype.itemsize == 4  # noqa: PLR2004 - bytes
        shown = "INFINITY" if math.isinf(number) else f"{abs(dtype.type(value))!s}{'f' if single else ''}"
        return f"(-{shown})" if math.copysign(1.0, number) < 0 else shown

    def cast(self, text: str, dtype: Any, to: Any) -> str:
        if dtype == to:
            return text
        if dtype.kind == "b" and to.kind == "f":  # gcc makes vectors of a choice, and poor ones of the conversion
            return f"({text} ? {self.literal(1, to)} : {self.literal(0, to)})"
        return f"({text} != 0)" if to.kind == "b" else f"(({c_name(to)}){text})"

    def expression(self, scalar: Scalar, operands: Sequence[str], dtype: Any) -> str:
        single = dtype.kind == "f" and dtype.itemsize == 4  # noqa: PLR2004 - bytes
        return ((scalar.fast if self.fast else "") or scalar.c).format(*operands, f="f" if single else "")

    def combined(self, s: Reduce, a: str, b: str) -> str:
        return _COMBINED[s.how].format(a, b)

    def smaller(self, a: str, b: str) -> str:
        return f"({a} < {b} ? {a} : {b})"

    def demand(self, value: str) -> None:
        self.line(f"failed |= !{value};")

    def index(self, value: str, size: int) -> str:
        name = self.name("x")
        self.line(f"int64_t {name} = {value};")
        self.line(f"if ({name} < 0) {name} += {size};")
        self.line(f"int out_{name} = {name} < 0 || {name} >= {size};")
        self.line(f"failed |= out_{name};")
        self.line(f"if (out_{name}) {name} = 0;")
        return name

    def lost(self, total: str, value: str, new: str) -> str:
        return f"(fabs({total}) >= fabs({value}) ? ({total} - {new}) + {value} : ({value} - {new}) + {total})"

    def with_error(self, total: str, error: str) -> str:
        return f"(fabs({error}) <= DBL_MAX ? {total} + {error} : {total})"
