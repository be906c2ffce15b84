"""A program as C99 alone: a header and a source, with no Python, no allocation, and no memory but the caller's."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.native.c_text import CWriter, c_name, in_memory
from autograd_lite.compiler.native.loops import Buffer, Node, Product, Stage, View, buffers_of, views_of
from autograd_lite.compiler.native.standalone import Layout, Place, node_fails
from autograd_lite.compiler.native.writer import Writer

_IN_A_LINE = 8
_LONGEST_LINE = 100
_FAR = 2**31
"""Arrays of fewer elements are counted in 32 bits, which small processors do in one step."""
_AT_ONCE = 4
"""So many rows, or columns, of the second matrix of a product are worked with at the same time."""


class StandaloneWriter(CWriter):
    """Writes the functions, whose names are those of the program's values.

    NOTE: what compilers differ in is not used: no vectors, no pragmas, no attributes.
    """

    block = 64
    fast = False

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        sizes = [buffer.size for node in layout.nodes for buffer in buffers_of(node).values()]
        self.counter = "int32_t" if max(sizes, default=0) < _FAR else "int64_t"
        self._parameters = parameters(layout, restrict=True)

    # ----- functions -----

    def functions(self) -> str:
        """Return all functions: one that does everything, or that calls others where it would be too long."""
        layout = self.layout
        stages = layout.stages()
        if len(stages) == 1:
            self.begin_public()
            with self.deeper():
                for buffer in layout.local:
                    self.line(f"{in_memory(buffer.dtype)} t{buffer.id}[{buffer.size}];")
                self._stage(stages[0])
        else:
            for stage in stages:
                self._separate(stage)
            self.begin_public()
            self._called(stages)
        with self.deeper():
            self._copies()
            self.line("return 0;")
        self.line("}")
        return "\n".join(self.lines) + "\n"

    def begin_public(self) -> None:
        self.line(f"int {self.layout.function}({self._parameters})")
        self.line("{")

    def _separate(self, stage: Stage) -> None:
        self.line(f"static int {stage.name}({self._parameters})")
        self.line("{")
        with self.deeper():
            self._stage(stage)
            self.line("return 0;")
        self.line("}")
        self.line("")

    def _stage(self, stage: Stage) -> None:
        """Write the nodes; where any of them has failed, nothing that comes after the last that can is done."""
        self._state(stage.nodes)
        checked = [node for node in stage.nodes if node_fails(node)]
        if checked:
            self.line("int failed = 0;")
        for node in stage.nodes:
            self.write_node(node)
            if checked and node is checked[-1]:
                self.line("if (failed) return 1;")

    def _called(self, stages: Sequence[Stage]) -> None:
        names = ", ".join(name for name, _ in _parameters(self.layout))
        with self.deeper():
            self._state([], stages)
            for stage in stages:
                self.line(f"if ({stage.name}({names})) return 1;")

    def _state(self, nodes: Iterable[Node], calls: Sequence[Stage] = ()) -> None:
        """Write what the state is called here, and say of what is given but not used that this is meant."""
        touched = [buffer for node in nodes for buffer in buffers_of(node).values()]
        used = {id(self.layout.named.get(buffer)) for buffer in touched}
        temporary = any(buffer.kind == "temporary" for buffer in touched)
        state = [place for place in self.layout.of("state") if id(place) in used]
        for place in state:
            self.line(_local(place))
        if calls:
            return
        given = [p for p in self.layout.places if p.role in ("argument", "result") and id(p) not in used]
        unused = [p.name for p in given]
        unused += ["state"] if self.layout.of("state") and not state and not self._copied("state") else []
        unused += ["work"] if self.layout.work and not temporary and not self.layout.copies else []
        for name in unused:
            self.line(f"(void){name};")

    def _copied(self, role: str) -> bool:
        return any(self.layout.named[view.buffer].role == role for node in self.layout.copies for view in views_of(node)
                   if view.buffer in self.layout.named)  # fmt: skip

    def _copies(self) -> None:
        for node in self.layout.copies:
            self.line("{")
            with self.deeper():
                target = next(v.buffer for v in views_of(node) if v.buffer in self.layout.named)
                if self.layout.named[target].role == "state":
                    self.line(_local(self.layout.named[target]))
                self.write_node(node)
            self.line("}")

    # ----- memory -----

    def array(self, buffer: Buffer) -> str:
        place = self.layout.named.get(buffer)
        return f"t{buffer.id}" if place is None else place.name

    def load(self, view: View, variables: Sequence[str], more: Sequence[str] = ()) -> str:
        place = self.layout.named.get(view.buffer.held())
        if place is None or not place.number:
            return super().load(view, variables, more)
        return f"({place.name} != 0)" if place.dtype.kind == "b" else place.name

    def in_work(self, buffer: Buffer, name: str) -> str:
        return f"work->{_field(buffer.dtype)} + {buffer.place}"

    innermost = Writer.innermost

    def literal(self, value: Any, dtype: Any) -> str:
        return f"({c_name(dtype)}){_integer(int(value))}" if dtype.kind in "iu" else super().literal(value, dtype)

    # ----- products -----

    def small_product(self, node: Product, stack: Sequence[str]) -> None:
        """NOTE: a sum begins with its first term, not with 0, of which a compiler could not know that it is nothing."""
        (rows, inner), columns, dtype = node.a.shape[-2:], node.b.shape[-1], node.c.buffer.dtype

        def term(k: str) -> str:
            return f"{self.load(node.a, (*stack, 'm', k))} * {self.load(node.b, (*stack, k, 'n'))}"

        with self.loop("m", "0", str(rows)), self.loop("n", "0", str(columns)):
            total = self.name("total")
            self.declare(total, dtype, term("0"))
            if inner > 1:
                with self.loop("k", "1", str(inner)):
                    self.assign(total, f"{total} + {term('k')}")
            self.store(node.c, total, (*stack, "m", "n"))

    def large_product(self, node: Product, stack: Sequence[str]) -> None:
        """Along rows of the second matrix, four at a time; or, where its columns lie in a row, four of these."""
        if node.b.strides[-1] == 1:
            self._by_rows(node, stack)
        else:
            self._by_columns(node, stack)

    def _by_rows(self, node: Product, stack: Sequence[str]) -> None:
        (rows, inner), columns, dtype = node.a.shape[-2:], node.b.shape[-1], node.c.buffer.dtype
        to = (*stack, "m", "n")
        with self.loop("m", "0", str(rows)):
            with self.loop("n", "0", str(columns)):
                self.store(node.c, self.literal(0, dtype), to)
            for first, stop, step in _in_steps(inner):
                with self.loop("k", first, stop, step):
                    factors = [self.name("x") for _ in range(step)]
                    for j, x in enumerate(factors):
                        self.declare(x, dtype, self.load(node.a, (*stack, "m", _plus("k", j))))
                    with self.loop("n", "0", str(columns)):
                        rows_of = [self.load(node.b, (*stack, _plus("k", j), "n")) for j in range(step)]
                        terms = [f"{x} * {row}" for x, row in zip(factors, rows_of, strict=True)]
                        self.store(node.c, " + ".join([self.load(node.c, to), *terms]), to)

    def _by_columns(self, node: Product, stack: Sequence[str]) -> None:
        (rows, inner), columns, dtype = node.a.shape[-2:], node.b.shape[-1], node.c.buffer.dtype
        with self.loop("m", "0", str(rows)):
            for first, stop, step in _in_steps(columns):
                with self.loop("n", first, stop, step):
                    totals = [self.name("total") for _ in range(step)]
                    for total in totals:
                        self.declare(total, dtype, self.literal(0, dtype))
                    with self.loop("k", "0", str(inner)):
                        factor = self.name("x")
                        self.declare(factor, dtype, self.load(node.a, (*stack, "m", "k")))
                        for j, total in enumerate(totals):
                            element = self.load(node.b, (*stack, "k", _plus("n", j)))
                            self.assign(total, f"{total} + {factor} * {element}")
                    for j, total in enumerate(totals):
                        self.store(node.c, total, (*stack, "m", _plus("n", j)))


def _in_steps(length: int) -> Iterator[tuple[str, str, int]]:
    """Yield from where to where loops go: in steps of several, and over what is left."""
    whole = length // _AT_ONCE * _AT_ONCE
    for first, stop, step in ((0, whole, _AT_ONCE), (whole, length, 1)):
        if first < stop:
            yield str(first), str(stop), step


def _plus(variable: str, number: int) -> str:
    return f"({variable} + {number})" if number else variable


# ----- the parts of a file -----


def _field(dtype: Any) -> str:
    return {"b": "truths"}.get(dtype.kind, f"{c_name(dtype).removesuffix('_t')}s")


def _local(place: Place) -> str:
    kind = in_memory(place.dtype)
    if place.number:
        return f"const {kind} {place.name} = state->{place.name};"
    return f"{'' if place.changed else 'const '}{kind} *restrict {place.name} = state->{place.name};"


def _parameters(layout: Layout, restrict: bool = False) -> Iterator[tuple[str, str]]:
    """Yield names and declarations of what the function is given."""
    if layout.of("state"):
        yield "state", f"{layout.function}_state *state"
    if layout.work:
        yield "work", f"{layout.function}_work *work"
    for place in (*layout.of("argument"), *layout.of("result")):
        kind = in_memory(place.dtype)
        pointer = f"{'' if place.changed else 'const '}{kind} *{'restrict ' if restrict else ''}{place.name}"
        yield place.name, f"{kind} {place.name}" if place.number else pointer


def parameters(layout: Layout, restrict: bool = False) -> str:
    """Return what stands between the parentheses of the function."""
    return ", ".join(text for _, text in _parameters(layout, restrict)) or "void"


def _integer(value: int) -> str:
    if value < -(2**63) + 1:
        return "(-9223372036854775807LL - 1)"
    ending = "ULL" if value >= 2**63 else "LL" if abs(value) >= 2**15 else ""
    return f"({value}{ending})" if value < 0 else f"{value}{ending}"


def _number(value: Any, dtype: Any) -> str:
    """Return a number that gives this one back, bit by bit but for NaN."""
    if dtype.kind in "biu":
        return _integer(int(value))
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return f"{value!s}f" if dtype.itemsize == 4 else repr(float(value))  # noqa: PLR2004 - bytes


def _numbers(array: Any) -> str:
    """Return the elements of an array, in lines."""
    texts = [_number(x, array.dtype) for x in array.ravel()]
    rows = [", ".join(texts[k : k + _IN_A_LINE]) for k in range(0, len(texts), _IN_A_LINE)]
    joined = ",\n    ".join(rows)
    return f"{{{joined}}}" if len(rows) == 1 and len(joined) < _LONGEST_LINE else f"{{\n    {joined}\n}}"


def _defined(place: Place, const: bool = True, name: str = "") -> str:
    """Return a variable with its value."""
    array = np.asarray(place.value, place.dtype)
    words = f"static {'const ' if const else ''}{in_memory(place.dtype)} {name or place.name}"
    if place.number:
        return f"{words} = {_number(array[()], place.dtype)};"
    return f"{words}[{array.size}] = {'{0}' if _is_zero(place) else _numbers(array)};"


def _is_zero(place: Place) -> bool:
    return not np.frombuffer(np.asarray(place.value, place.dtype).tobytes(), np.uint8).any()


def _shape(place: Place) -> str:
    return "x".join(map(str, place.shape)) if place.shape else "a number"


def _comment(place: Place) -> str:
    return f"  /* {_shape(place)} */" if len(place.shape) > 1 else ""


def header(layout: Layout, stem: str) -> str:
    """Return the header."""
    guard, name = f"{_macro(stem)}_H", layout.function
    lines = [f"/* {name}: derived by autograd_lite, in plain C99. */", f"#ifndef {guard}", f"#define {guard}", ""]
    lines += ["#include <stdint.h>", "", "#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    if state := layout.of("state"):
        lines += ["/* What lasts from call to call. */", "typedef struct {"]
        lines += [f"    {_declared(place)}{_comment(place)}" for place in state]
        lines += [f"}} {name}_state;", "", "/* Gives the state the values that it had when this was written. */"]
        lines += [f"void {name}_init({name}_state *state);", ""]
    if layout.work:
        lines += ["/* Room for what is computed in between; nothing of it is read by the next call. */"]
        lines += ["typedef struct {"]
        lines += [f"    {in_memory(dtype)} {_field(dtype)}[{size}];" for dtype, size in layout.work.items()]
        lines += [f"}} {name}_work;", ""]
    lines += [f"/* {line}" if k == 0 else f"   {line}" for k, line in enumerate(_told(layout))]
    lines[-1] += " */"
    lines += [f"int {name}({parameters(layout)});", "", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(lines)


def _declared(place: Place) -> str:
    size = "" if place.number else f"[{math.prod(place.shape)}]"
    return f"{in_memory(place.dtype)} {place.name}{size};"


def _told(layout: Layout) -> Iterator[str]:
    """Yield lines that say what the function is given, and what it returns."""
    yield "Arrays lie in rows, and none of them over another one. All memory is the caller's."
    for role in ("argument", "result"):
        for place in layout.of(role):
            how = "written" if role == "result" else "read and written" if place.changed else "read"
            yield f"{place.name}: {how}, {_shape(place)}"
    if layout.fails:
        yield "Returns 0; or 1 where an index is out of range or a value not allowed: then no state has changed."
    else:
        yield "Returns 0."


def source(layout: Layout, stem: str) -> str:
    """Return the source, with a `main` for the example that is left out unless a macro is defined."""
    functions = StandaloneWriter(layout).functions()
    given = [f"{_defined(place)}{_comment(place)}\n" for place in layout.of("constant")]
    parts = [_HOW.format(function=layout.function, stem=stem, main=_main(layout)), f'#include "{stem}.h"\n\n']
    includes = [line for line, needed in _INCLUDES.items() if re.search(needed, functions)]
    includes += ["#include <string.h>"] if layout.of("state") else []
    parts += ["".join(f"{line}\n" for line in includes), "\n" if includes else "", *given, "\n" if given else ""]
    parts += [functions, *_init(layout), "\n", *_example(layout)]
    return "".join(parts)


_HOW = """\
/* {function}: derived by autograd_lite, in plain C99. See {stem}.h.

   The example, as a program that prints what comes out:
       cc -std=c99 -D{main} {stem}.c -lm
   As fast as can be on this machine:
       cc -std=c99 -O3 -march=native -fno-math-errno -fno-trapping-math -c {stem}.c */
"""
_INCLUDES = {
    "#include <math.h>": r"\w+f?\(|NAN|INFINITY",
    "#include <float.h>\n#define MAX DBL_MAX\n#define MAXf FLT_MAX": r"\bMAXf?\b|DBL_MAX",
}


def _macro(text: str) -> str:
    return re.sub(r"\W", "_", text, flags=re.ASCII).upper().lstrip("_0123456789") or "PROGRAM"


def _main(layout: Layout) -> str:
    return f"{layout.function.upper()}_MAIN"


def _init(layout: Layout) -> Iterator[str]:
    state = layout.of("state")
    if not state:
        return
    yield f"\nvoid {layout.function}_init({layout.function}_state *state)\n{{\n"
    zeros = [place for place in state if not place.number and _is_zero(place)]
    for place in state:
        if not place.number and place not in zeros:
            text = _defined(place).replace("\n", "\n    ")
            yield f"    {text}\n"
    for place in state:
        if place.number:
            yield f"    state->{place.name} = {_number(np.asarray(place.value, place.dtype)[()], place.dtype)};\n"
        elif place in zeros:
            yield f"    memset(state->{place.name}, 0, sizeof state->{place.name});\n"
        else:
            yield f"    memcpy(state->{place.name}, {place.name}, sizeof {place.name});\n"
    yield "}\n"


def _example(layout: Layout) -> Iterator[str]:
    """Yield the `main` that calls the function with the numbers of the recorded call."""
    name, shown = layout.function, [p for p in layout.places if p.changed]
    yield f"#ifdef {_main(layout)}\n#include <stdio.h>\n\nint main(void)\n{{\n"
    if layout.of("state"):
        yield f"    static {name}_state state;\n"
    if layout.work:
        yield f"    static {name}_work work;\n"
    for place in layout.of("argument"):
        text = _defined(place, const=not place.changed).replace("\n", "\n    ")
        yield f"    {text}\n"
    for place in layout.of("result"):
        yield f"    static {in_memory(place.dtype)} {place.name}[{math.prod(place.shape)}];\n"
    if layout.of("state"):
        yield f"    {name}_init(&state);\n"
    given = [f"&{n}" if n in ("state", "work") else n for n, _ in _parameters(layout)]
    yield f"    if ({name}({', '.join(given)})) {{\n        puts(\"{name} failed\");\n        return 1;\n    }}\n"
    for place in shown:
        yield _printed(place)
    yield "    return 0;\n}\n#endif\n"


_FORMATS: Mapping[str, tuple[str, str]] = {
    "f": ("%.17g", "double"), "i": ("%lld", "long long"), "u": ("%llu", "unsigned long long"), "b": ("%d", "int"),
}  # fmt: skip


def _printed(place: Place) -> str:
    form, kind = _FORMATS[place.dtype.kind]
    form = "%.9g" if place.dtype == np.float32 else form
    where = f"state.{place.name}" if place.role == "state" else place.name
    size = math.prod(place.shape)
    return (
        f'    printf("{place.name} =");\n'
        f'    for (int i = 0; i < {size}; i++) printf(" {form}", ({kind}){where}[i]);\n'
        '    printf("\\n");\n'
    )
