"""The transpose of a product as the product of transposes, which lies in rows: what reads it reads it in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.passes.views import TURNED, axes_of_transpose, turned
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.program import Instruction, Program, Ref


def products(program: Program) -> Program:
    """Return the program with ``b.T @ a.T`` for ``(a @ b).T``, where nobody reads the product itself."""
    uses = program.uses()

    def rule(walk: Rewriting, x: Instruction) -> Instruction:
        if x.fn is not np.transpose or x.kwargs or x.args[0].__class__ is not Ref:
            return x
        product = walk.made.get(x.args[0].id)
        if product is None or uses.get(product.id) != 1 or not _is_of_matrices(walk, product):
            return x
        if axes_of_transpose(walk, x) != TURNED:
            return x
        a, b = product.args
        return replace(x, fn=product.fn, args=(turned(walk, x, b), turned(walk, x, a)), kwargs=())

    return Rewriting(program).run(rule)


def _is_of_matrices(walk: Rewriting, x: Instruction) -> bool:
    """Tell whether a call multiplies two matrices, none of them a single number, by which NumPy scales."""
    if not facts.of(x.fn).product or x.kwargs or not all(a.__class__ is Ref for a in x.args):
        return False
    shapes = [walk.types[a.id].shape for a in x.args]
    return all(len(shape) == len(TURNED) and shape != (1, 1) for shape in shapes)
