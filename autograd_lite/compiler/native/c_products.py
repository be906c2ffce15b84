"""Products of small matrices in C: blocks of the result are kept in registers, a few rows by one vector or two."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_lite.compiler.native.loops import Product

_SUMS = 8
"""So many vectors of the result are summed up at the same time, since each addition waits for the one before."""
_VECTOR = 64
"""In bytes. Rows of the second matrix are copied to a multiple of it, where they do not lie so."""


_HEAD = (
    "#if defined(__GNUC__) && !defined(__clang__)",
    '__attribute__((noinline, optimize("fp-contract=fast")))',
    "#endif",
)


def function(name: str, node: Product, element: str) -> str:
    """Return a function ``name(a, b, c)`` for one shape.

    NOTE: a product and a sum may be rounded once, as in every BLAS; elsewhere they are not.
    """
    (rows, _), columns = node.a.shape, node.b.shape[1]
    given = f"const {element} *restrict a, const {element} *restrict b, {element} *restrict c"
    lines = [*_HEAD, f"static void {name}({given})", "{"]
    if 1 in (rows, columns):
        return "\n".join([*lines, *_by_vector(node, element), "}", ""])
    lanes = _VECTOR // node.a.buffer.dtype.itemsize
    vectors = 2 if columns > lanes else 1
    wide = -(-columns // (vectors * lanes)) * vectors * lanes
    packed = node.b.strides[1] != 1 or columns != wide
    if packed:
        lines += _packing(node, element, wide)
    source, step = ("packed", wide) if packed else ("b", node.b.strides[0])
    lines += [f"    for (int64_t n = 0; n < {wide}; n += {vectors * lanes}) {{"]
    tile = _SUMS // vectors
    whole = rows // tile * tile
    if whole:
        lines += [f"        for (int64_t m = 0; m < {whole}; m += {tile}) {{"]
        lines += [f"            {line}" for line in _tile(node, element, tile, source, step, vectors)]
        lines += ["        }"]
    if rows % tile:
        lines += ["        {", f"            const int64_t m = {whole};"]
        lines += [f"            {line}" for line in _tile(node, element, rows % tile, source, step, vectors)]
        lines += ["        }"]
    return "\n".join([*lines, "    }", "}", ""])


def _by_vector(node: Product, element: str) -> Iterator[str]:
    """Yield the lines of a product of a matrix and a vector: along rows, or along columns where these lie in a row."""
    if node.b.shape[1] == 1:
        matrix, vector, (down, right), step, to = "a", "b", node.a.strides, node.b.strides[0], node.c.strides[0]
        length, inner = node.a.shape
    else:
        matrix, vector, (right, down), step, to = "b", "a", node.b.strides, node.a.strides[1], node.c.strides[1]
        inner, length = node.b.shape
    along, across = f"for (int64_t p = 0; p < {length}; p++)", f"for (int64_t q = 0; q < {inner}; q++)"
    if down == 1 != right:
        yield f"    {along} c[p * {to}] = 0;"
        yield f"    {across} {{"
        yield f"        const {element} x = {vector}[q * {step}];"
        yield "        #pragma omp simd"
        yield f"        {along} c[p * {to}] += x * {matrix}[p + q * {right}];"
    else:
        yield f"    {along} {{"
        yield f"        {element} total = 0;"
        yield "        #pragma omp simd reduction(+:total)"
        yield f"        {across} total += {matrix}[p * {down} + q * {right}] * {vector}[q * {step}];"
        yield f"        c[p * {to}] = total;"
    yield "    }"


def _packing(node: Product, element: str, wide: int) -> list[str]:
    inner, columns = node.b.shape
    down, right = node.b.strides
    return [
        f"    {element} packed[{inner * wide}] __attribute__((aligned(64)));",
        f"    for (int64_t k = 0; k < {inner}; k++) {{",
        f"        for (int64_t n = 0; n < {columns}; n++) packed[k * {wide} + n] = b[k * {down} + n * {right}];",
        f"        for (int64_t n = {columns}; n < {wide}; n++) packed[k * {wide} + n] = 0;",
        "    }",
    ]


def _tile(node: Product, element: str, rows: int, source: str, step: int, vectors: int) -> Iterator[str]:
    """Yield the lines that compute some rows of the result by one vector or two."""
    (down, right), columns = node.a.strides, node.b.shape[1]
    lanes = _VECTOR // node.a.buffer.dtype.itemsize
    halves = [(r, v) for r in range(rows) for v in range(vectors)]
    for r, v in halves:
        yield f"{element}s r{r}_{v} = {{0}};"
    yield f"for (int64_t k = 0; k < {node.a.shape[1]}; k++) {{"
    for v in range(vectors):
        yield f"    {element}s b_{v} = *({element}s *)({source} + k * {step} + n + {v * lanes});"
    for r in range(rows):
        yield f"    {element} a_{r} = a[(m + {r}) * {down} + k * {right}];"
    for r, v in halves:
        yield f"    r{r}_{v} += a_{r} * b_{v};"
    yield "}"
    whole = columns % (vectors * lanes) == 0
    for r, v in halves:
        place = f"(m + {r}) * {node.c.strides[0]} + n + {v * lanes}"
        if whole:
            yield f"*({element}s *)(c + {place}) = r{r}_{v};"
        else:
            yield f"for (int64_t j = 0; j < {lanes} && n + {v * lanes} + j < {columns}; j++)"
            yield f"    c[{place} + j] = r{r}_{v}[j];"
