"""Products of small matrices in C: blocks of the result are kept in registers, a few rows by one vector or two."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_lite.compiler.native.loops import Product

VECTOR = 64
"""In bytes. Rows of the second matrix are copied to a multiple of it, where they do not lie so."""
_MACHINES = (("#ifdef __AVX512F__", 16), ("#else", 8))
"""On which processors how many vectors of the result are summed up at a time, as each addition waits for another."""
FUSED = (
    "#if defined(__GNUC__) && !defined(__clang__)",
    '__attribute__((noinline, optimize("fp-contract=fast")))',
    "#endif",
)
"""What stands before a function in which a product and a sum may be rounded once."""


def function(name: str, node: Product, element: str) -> str:
    """Return a function ``name(a, b, c)`` for one shape.

    NOTE: a product and a sum may be rounded once, as in every BLAS; elsewhere they are not.
    """
    (rows, _), columns = node.a.shape, node.b.shape[1]
    given = f"const {element} *restrict a, const {element} *restrict b, {element} *restrict c"
    lines = [*FUSED, f"static void {name}({given})", "{"]
    if 1 in (rows, columns):
        return "\n".join([*lines, *_by_vector(node, element), "}", ""])
    for condition, sums in _MACHINES:
        lines += [condition, *_by_tiles(node, element, sums)]
    return "\n".join([*lines, "#endif", "}", ""])


def _by_tiles(node: Product, element: str, sums: int) -> Iterator[str]:
    """Yield the lines that go over columns, one vector or two of them at a time, and then over rows."""
    rows, columns, lanes = node.a.shape[0], node.b.shape[1], VECTOR // node.a.buffer.dtype.itemsize
    vectors = 2 if columns > lanes else 1
    wide = vectors * lanes
    packed = node.b.strides[1] != 1 or columns % wide
    source, step = ("packed", wide) if packed else ("b + n", node.b.strides[0])
    yield f"    for (int64_t n = 0; n < {columns}; n += {wide}) {{"
    if packed:
        yield from _packing(node, element, wide)
    tile = sums // vectors
    whole = rows // tile * tile
    if whole:
        yield f"        for (int64_t m = 0; m < {whole}; m += {tile}) {{"
        yield from (f"            {line}" for line in _tile(node, element, tile, source, step, vectors))
        yield "        }"
    if rows % tile:
        yield "        {"
        yield f"            const int64_t m = {whole};"
        yield from (f"            {line}" for line in _tile(node, element, rows % tile, source, step, vectors))
        yield "        }"
    yield "    }"


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


def _packing(node: Product, element: str, wide: int) -> Iterator[str]:
    """Yield the lines that copy some columns to where they lie in rows, with zeros beside the last ones."""
    inner, columns = node.b.shape
    down, right = node.b.strides
    yield f"        {element} packed[{inner * wide}] __attribute__((aligned(64)));"
    yield f"        const int64_t some = n + {wide} < {columns} ? {wide} : {columns} - n;"
    yield f"        for (int64_t k = 0; k < {inner}; k++) {{"
    yield f"            for (int64_t j = 0; j < some; j++) packed[k * {wide} + j] = b[k * {down} + (n + j) * {right}];"
    yield f"            for (int64_t j = some; j < {wide}; j++) packed[k * {wide} + j] = 0;"
    yield "        }"


def _tile(node: Product, element: str, rows: int, source: str, step: int, vectors: int) -> Iterator[str]:
    """Yield the lines that compute some rows of the result by one vector or two."""
    (down, right), columns = node.a.strides, node.b.shape[1]
    lanes = VECTOR // node.a.buffer.dtype.itemsize
    halves = [(r, v) for r in range(rows) for v in range(vectors)]
    for r, v in halves:
        yield f"{element}s r{r}_{v} = {{0}};"
    yield f"for (int64_t k = 0; k < {node.a.shape[1]}; k++) {{"
    for v in range(vectors):
        yield f"    {element}s b_{v} = *({element}s *)({source} + k * {step} + {v * lanes});"
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
