"""The text of a lane: the function that carries out and records one operation, written out for its operands.

`record.apply` does this for every operation, in loops over operands that take longer than the arithmetic of a small
computation. In a lane the loops are unrolled: what is asked of each operand, and what each rule has saved, stands in
the text. To see one: ``print(lanes.source(op))``.
"""

from __future__ import annotations

from collections.abc import Iterable

from autograd_lite.op import Op

# The names that are not bound here are those of `record`.
_LANE = """\
def make(op, fn, rules, preset):
    {rules} = rules
    {settings} = preset

    def lane({operands}):
        if observers:
            return apply(op, [{operands}])
        {unwrap}
        try:
            y = fn({arrays})
        except Exception as error:
            error.add_note(refusals.circumstances(op, [{operands}]))
            raise
        if y.__class__ is not _ndarray:
            y = as_array(y)
        if {untracked} or not is_grad_enabled():
            return make_tensor(y, None, op)
        edges = ()
        {edges}
        return _recorded(op, y, {inputs}, edges, NO_SETTINGS) if edges else make_tensor(y, None, op)

    return lane
"""

_UNWRAP = """\
if isinstance(x{i}, Handle):
    a{i}, n{i} = x{i}._data if x{i}._exposed is None else array_of(x{i}), x{i}._node
elif x{i}.__class__ in _NUMBERS:
    a{i}, n{i} = x{i}, None
else:
    return _foreign(op, [{operands}])"""

_EDGE = """\
if n{i} is not None:
    edges += ((n{i}, rule{i}, {saved}, {i}),)"""


def source(op: Op) -> str:
    """Return the text of a function ``make(op, fn, rules, preset)`` that returns the lane of `op`."""
    places = range(len(op.operands))
    operands = ", ".join(f"x{i}" for i in places)
    return _LANE.format(
        operands=operands,
        arrays=", ".join(f"a{i}" for i in places),
        rules=_tuple(f"rule{i}" for i in places),
        settings=_tuple(f"setting{i}" for i in range(len(op.defaults))),
        unwrap=_indented(_UNWRAP.format(i=i, operands=operands) for i in places),
        untracked="(" + " and ".join(f"n{i} is None" for i in places) + ")",
        edges=_indented(_EDGE.format(i=i, saved=_saved(op, i)) for i in places if op.rules[i]),
        inputs=_tuple(f"n{i} or _constant(x{i})" for i in places),
    )


def _saved(op: Op, index: int) -> str:
    """Write what the rule of an operand is called with after the cotangent."""
    variables = {"y": "y"}
    variables |= {name: f"a{i}" for i, name in enumerate(op.operands)}
    variables |= {f"{name}_shape": f"getattr(a{i}, 'shape', ())" for i, name in enumerate(op.operands)}
    variables |= {name: f"setting{i}" for i, name in enumerate(op.defaults)}
    return _tuple(variables[name] for name in op.wants[index])


def _tuple(items: Iterable[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


def _indented(blocks: Iterable[str]) -> str:
    return "\n".join(blocks).replace("\n", "\n        ")
