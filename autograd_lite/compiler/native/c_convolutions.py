"""Convolutions in C, of images with the batch innermost: a vector holds a pixel of many images; registers hold sums.

Nothing is copied into columns. A block of the result is summed up in as many registers as there are: some channels by
one vector or two of images; of the weight some elements, each over many images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from math import prod

from autograd_lite.compiler.native.c_products import FUSED
from autograd_lite.compiler.native.loops import Convolution, View

FEWEST = 4
"""So many images make a vector at least."""
_MACHINES = (("#ifdef __AVX512F__", 64, 24), ("#else", 32, 10))
"""Of which processors, how many bytes a vector has, and how many of them hold sums beside what is multiplied."""
_TAPS = 6
"""So many elements in a row of the weight are summed up at the same time at most."""
_STREAMS = 8
"""From so many channels is read at the same time at most: they often lie a power of two apart, in the same few lines of
the cache."""
_ADDED = 4096
"""So many numbers are added up in a register at most before the sum goes to memory, for its rounding error grows."""


def function(name: str, node: Convolution, element: str) -> str:
    """Return a function ``name(x, w, y)`` for one shape, of which the one that is wanted is written to.

    NOTE: a product and a sum may be rounded once, as in every BLAS; elsewhere they are not.
    """
    given = [f"{'' if letter == node.wanted else 'const '}{element} *restrict {letter}" for letter in "xwy"]
    lines = [*FUSED, f"static void {name}({', '.join(given)})", "{"]
    for condition, size, sums in _MACHINES:
        lines += [condition, *_KINDS[node.wanted](node, element, size, sums).lines]
    return "\n".join([*lines, "#endif", "}", ""])


class _Text:
    """The lines of one function for one kind of processors."""

    def __init__(self, node: Convolution, element: str, size: int, sums: int) -> None:
        self.node, self.element, self.sums = node, element, sums
        self.axes = range(len(node.stride))
        (self.groups, self.outputs, self.inputs), self.kernel = node.w.shape[:3], node.w.shape[3:]
        self.sizes, self.out, self.batch = node.x.shape[2:-1], node.y.shape[2:-1], node.y.shape[-1]
        item = node.y.buffer.dtype.itemsize
        self.lanes = size // item
        while self.lanes > self.batch:
            self.lanes //= 2
        self.lines: list[str] = []
        self._depth = 1
        attributes = f"vector_size({self.lanes * item}), aligned({item}), may_alias"
        self.line(f"typedef {element} vector __attribute__(({attributes}));")
        with self.over([("g", self.groups)]):
            self.written()

    def written(self) -> None:
        """Write what is done for a group."""
        raise NotImplementedError

    # ----- lines and blocks of them -----

    def line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str = "") -> Iterator[None]:
        self.line(f"{head} {{".lstrip())
        self._depth += 1
        yield
        self._depth -= 1
        self.line("}")

    @contextmanager
    def loop(self, variable: str, first: int | str, stop: int | str, step: int = 1) -> Iterator[None]:
        more = f"{variable}++" if step == 1 else f"{variable} += {step}"
        with self.block(f"for (int64_t {variable} = {first}; {variable} < {stop}; {more})"):
            yield

    @contextmanager
    def over(self, loops: Iterable[tuple[str, int]]) -> Iterator[None]:
        """Write loops, one in the other."""
        with ExitStack() as stack:
            for variable, length in loops:
                stack.enter_context(self.loop(variable, 0, length))
            yield

    @contextmanager
    def at(self, variable: str, value: int | str) -> Iterator[None]:
        with self.block():
            self.line(f"const int64_t {variable} = {value};")
            yield

    def parts(self, variable: str, length: int, most: int) -> Iterator[int]:
        """Write a range in parts that are as long as each other, and what is left; yield the length inside of each."""
        each = -(-length // -(-length // most))
        whole = length // each * each
        with self.loop(variable, 0, whole, each):
            yield each
        if length > whole:
            with self.at(variable, whole):
                yield length - whole

    # ----- what the three have in common -----

    def over_results(self, axes: Iterable[int]) -> list[tuple[str, int]]:
        return [(f"i{k}", self.out[k]) for k in axes]

    def over_weight(self, axes: Iterable[int]) -> list[tuple[str, int]]:
        return [(f"p{k}", self.kernel[k]) for k in axes]

    def position(self, k: int) -> str:
        """Return where an axis of the input is at those of the result and of the weight."""
        return f"(i{k} * {self.node.stride[k]} + p{k} * {self.node.dilation[k]})"

    def pointer(self, name: str, array: str, view: View, variables: Sequence[str]) -> None:
        """Declare where an element of an array is."""
        steps = [f"{v} * {s}" for v, s in zip(variables, view.strides, strict=True) if s and v != "0"]
        const = "" if array == self.node.wanted else "const "
        self.line(f"{const}{self.element} *{name} = {' + '.join([array, *steps])};")


class _Tiles(_Text):
    """The result, or the share of the input: of some channels at a time, one vector or two of images."""

    def images(self) -> Iterator[int]:
        """Write the batch by two vectors, by one, and by one that ends with it; yield how many inside of each."""
        wide = min(2, self.batch // self.lanes) * self.lanes
        whole = self.batch // wide * wide
        with self.loop("b", 0, whole, wide):
            yield wide // self.lanes
        if self.batch - whole >= self.lanes:
            with self.at("b", whole):
                yield 1
            whole += self.lanes
        if self.batch > whole:
            with self.at("b", self.batch - self.lanes):
                yield 1

    def tiles(self, variable: str, channels: int, to: View, axes: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Write blocks of images and of channels, whose sums are stored; yield how many channels and vectors."""
        for vectors in self.images():
            for rows in self.parts(variable, channels, self.sums // vectors):
                places = [(r, v) for r in range(rows) for v in range(vectors)]
                for r, v in places:
                    self.line(f"vector r{r}_{v} = {{0}};")
                yield rows, vectors
                self.pointer("to", self.node.wanted, to, ("g", variable, *axes, "b"))
                for r, v in places:
                    self.line(f"*(vector *)(to + {r * to.strides[1] + v * self.lanes}) = r{r}_{v};")

    def added(self, rows: int, vectors: int, step: int) -> None:
        """Write what adds the products of weights, `step` apart, and pixels."""
        for v in range(vectors):
            self.line(f"const vector x{v} = *(const vector *)(from + {v * self.lanes});")
        for r in range(rows):
            with self.block():
                self.line(f"const {self.element} a = by[{r * step}];")
                for v in range(vectors):
                    self.line(f"r{r}_{v} += a * x{v};")


class _Result(_Tiles):
    def written(self) -> None:
        x, w, y = self.node.x, self.node.w, self.node.y
        where = [f"i{k}" for k in self.axes]
        with self.over(self.over_results(self.axes)):
            for rows, vectors in self.tiles("o", self.outputs, y, where):
                with self.over([("c", self.inputs), *self.over_weight(self.axes)]):
                    self.pointer("from", "x", x, ("g", "c", *map(self.position, self.axes), "b"))
                    self.pointer("by", "w", w, ("g", "o", "c", *[f"p{k}" for k in self.axes]))
                    self.added(rows, vectors, w.strides[1])


class _Input(_Tiles):
    def written(self) -> None:
        x, w, y = self.node.x, self.node.w, self.node.y
        where = [f"j{k}" for k in self.axes]
        with self.over([(f"j{k}", self.sizes[k]) for k in self.axes]):
            for rows, vectors in self.tiles("c", self.inputs, x, where):
                with ExitStack() as stack:
                    for k in self.axes:
                        stack.enter_context(self.loop(f"p{k}", 0, self.kernel[k]))
                        self._result_at(k)
                    stack.enter_context(self.loop("o", 0, self.outputs))
                    self.pointer("from", "y", y, ("g", "o", *[f"i{k}" for k in self.axes], "b"))
                    self.pointer("by", "w", w, ("g", "o", "c", *[f"p{k}" for k in self.axes]))
                    self.added(rows, vectors, w.strides[2])

    def _result_at(self, k: int) -> None:
        """Declare which result has a position of the input at an element of the weight; go on where there is none."""
        stride, dilation, low = self.node.stride[k], self.node.dilation[k], self.node.low[k]
        self.line(f"const int64_t t{k} = j{k} + {low} - p{k} * {dilation}, i{k} = t{k} / {stride};")
        between = f" || t{k} % {stride}" if stride > 1 else ""
        self.line(f"if (t{k} < 0 || i{k} >= {self.out[k]}{between}) continue;")


class _Weight(_Text):
    """Some outputs by some inputs by some elements in a row of the weight, each over a few rows of all images."""

    def written(self) -> None:
        w, last = self.node.w, len(self.axes) - 1
        elements = [f"p{k}" for k in self.axes]
        with self.over([("o", self.outputs), ("c", self.inputs), *self.over_weight(self.axes)]):
            self.pointer("to", "w", w, ("g", "o", "c", *elements))
            self.line("*to = 0;")
        each = prod(self.out[1:]) * -(-self.batch // self.lanes)
        taps = min(self.kernel[last], _TAPS, self.sums)
        outputs, inputs = self._block(taps)
        for rows in self.parts("start", self.out[0], max(1, _ADDED // each)):
            for many in self.parts("o", self.outputs, outputs):
                for few in self.parts("c", self.inputs, inputs):
                    with self.over(self.over_weight(range(last))):
                        for row in self.parts(f"p{last}", self.kernel[last], taps):
                            self._summed(rows, many, few, row)

    def _block(self, taps: int) -> tuple[int, int]:
        """Return of how many outputs and inputs a block is, so that as little as can be is read for each product."""
        sizes = product(range(1, self.outputs + 1), range(1, self.inputs + 1))
        small = ((o, c) for o, c in sizes if o * c * taps <= self.sums and o + c <= _STREAMS) if self.inputs else ()
        return min(small, key=lambda size: (size[0] + size[1] * taps) / (size[0] * size[1]), default=(1, 1))

    def _summed(self, rows: int, outputs: int, inputs: int, taps: int) -> None:
        last = len(self.axes) - 1
        places = list(product(range(outputs), range(inputs), range(taps)))
        for o, c, q in places:
            self.line(f"vector r{o}_{c}_{q} = {{0}};")
        with ExitStack() as stack:
            stack.enter_context(self.loop("i0", "start", f"start + {rows}"))
            stack.enter_context(self.over(self.over_results(range(1, len(self.axes)))))
            self.pointer("from", "x", self.node.x, ("g", "c", *map(self.position, self.axes), "0"))
            self.pointer("by", "y", self.node.y, ("g", "o", *[f"i{k}" for k in self.axes], "0"))
            whole = self.batch // self.lanes * self.lanes
            with self.loop("b", 0, whole, self.lanes):
                self._added(outputs, inputs, taps)
            if self.batch > whole:
                self._declare_mask(self.batch - whole)
                with self.at("b", self.batch - self.lanes):
                    self._added(outputs, inputs, taps, masked=True)
        for o, c, q in places:
            steps = (o, c, *[0] * last, q)
            with self.block():
                self.pointer("to", "w", self.node.w, ("g", "o", "c", *[f"p{k}" for k in self.axes]))
                self.line(f"{self.element} total = 0;")
                self.line("#pragma omp simd reduction(+:total)")
                self.line(f"for (int k = 0; k < {self.lanes}; k++) total += r{o}_{c}_{q}[k];")
                self.line(f"to[{sum(n * s for n, s in zip(steps, self.node.w.strides[1:], strict=True))}] += total;")

    def _added(self, outputs: int, inputs: int, taps: int, masked: bool = False) -> None:
        """Write what adds the products of pixels by what arrives at results."""
        x, y, step = self.node.x, self.node.y, self.node.dilation[-1]
        load = "(vector)(*(const bits *)({} + b) & mask)" if masked else "*(const vector *)({} + b)"
        for c, q in product(range(inputs), range(taps)):
            place = f"from + {c * x.strides[1] + q * step * x.strides[-2]}"
            self.line(f"const vector x{c}_{q} = {load.format(place)};")
        for o in range(outputs):
            with self.block():
                self.line(f"const vector a = {load.format(f'by + {o * y.strides[1]}')};")
                for c, q in product(range(inputs), range(taps)):
                    self.line(f"r{o}_{c}_{q} += a * x{c}_{q};")

    def _declare_mask(self, rest: int) -> None:
        """Declare which lanes of the last vector of images, which ends with the batch, have not been added before."""
        size = self.node.y.buffer.dtype.itemsize
        lanes = ", ".join(["0"] * (self.lanes - rest) + ["-1"] * rest)
        attributes = f"vector_size({self.lanes * size}), aligned({size}), may_alias"
        self.line(f"typedef int{8 * size}_t bits __attribute__(({attributes}));")
        self.line(f"const bits mask = {{{lanes}}};")


_KINDS: dict[str, type[_Text]] = {"y": _Result, "x": _Input, "w": _Weight}
