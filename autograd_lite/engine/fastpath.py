"""The text of a fast path: the function that carries out and records one operation, written out for its operands.

`record.apply` does this for every operation, in loops over operands that take longer than the arithmetic of a small
computation. In a fast path the loops are unrolled: what is asked of each operand, and what each rule has saved, stands
in the text. To see one: ``print(fastpath.source(op))``. While somebody observes operations, a second one that tells of
its results takes the place of the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from autograd_lite.engine.op import Op

# The names that are not bound here are those of `record`.
_FAST_PATH = """\
def make(op, fn, rules, preset):
    {rules} = rules

    def fast_path({operands}, settings=NO_SETTINGS):
        if observers:
            return (op.cache.observed or observed(op))({operands}, settings=settings)
        {unwrap}
        try:
            y = {call}
        except Exception as error:
            if not is_warning(error):
                refusals.failed(error, op, [{operands}])
                raise
            y = _again(error, op, [{operands}], [{arrays}], settings)
        if y.__class__ is not _ndarray:
            y = as_array(y)
        if {untracked} or not is_grad_enabled():
            {unrecorded}
        {record}

    return fast_path
"""

_UNWRAP = """\
if isinstance(x{i}, Handle):
    a{i}, n{i} = x{i}._data if x{i}._exposed is None else array_of(x{i}), x{i}._node
elif x{i}.__class__ in _NUMBERS or (x{i}.__class__ is _ndarray and x{i}.dtype.kind in NUMERIC):
    a{i}, n{i} = x{i}, None
else:
    return _foreign(op, {operands}, settings=settings)"""

_SETTINGS = """\
if settings:
    settings = _plain_settings(op, settings)"""

# An array that is no Tensor's belongs to the user, who may write to it before the sweep comes.
_COPY = """\
if n{i} is None and x{i}.__class__ is _ndarray:
    a{i} = a{i}.copy() if LOAN[0] is None else saved(a{i})"""

_RESULT = "return {made}"
# What may be a view of its operand is known to it, so that a write to one of them reaches the other.
_VIEW = """\
t = {made}
return t if y.__class__ is _ndarray and y.base is None else linked(t, y, x0, a0, op, settings)"""

# Its rules are not known to hold for complex numbers; a result of such is refused by `_recorded`.
_REAL = """\
if n{i} is not None and n{i}.dtype.kind == "c":
    refuse(op, n{i}.dtype)"""

_RECORD_ONE = "_recorded(op, y, None, ((n0, rule0, {saved}, 0),), settings)"

_RECORD_SEVERAL = """\
if not edges:
    return make_tensor(y, None, op)
inputs = None if len(edges) == {number} else {inputs}
return _recorded(op, y, inputs, edges, settings)"""

_RECORD_REVERSED = """\
if not edges:
    return make_tensor(y, None, op)
return _recorded(op, y, {inputs}, edges, settings)"""

_EDGE = """\
if n{i} is not None:
    edges += ((n{i}, rule{i}, {saved}, {i}),)"""


def source(op: Op) -> str:
    """Return the text of a function ``make(op, fn, rules, preset)`` that returns the fast path of `op`."""
    places = range(len(op.operands))
    operands, arrays = (", ".join(f"{letter}{i}" for i in places) for letter in "xa")
    unwrap = [_UNWRAP.format(i=i, operands=operands) for i in places]
    return _FAST_PATH.format(
        operands=operands,
        arrays=arrays,
        call=f"fn({arrays}, **settings) if settings else fn({arrays})" if op.defaults else f"fn({arrays})",
        rules=_tuple(f"rule{i}" for i in places),
        unwrap=_indented([*unwrap, *([_SETTINGS] if op.defaults else [])]),
        untracked="(" + " and ".join(f"n{i} is None" for i in places) + ")",
        unrecorded=_result(op, "make_tensor(y, None, op)").replace("\n", "\n            "),
        record=_indented([*([] if op.complex else [_REAL.format(i=i) for i in places]), *_record(op)]),
    )


def observed_source(op: Op) -> str:
    """Return the text of the fast path that tells the observers of its result."""
    head, _, body = source(op).partition("        if observers:\n")
    results = re.compile(r"return ((?:make_tensor|_recorded|t if).*)$", re.MULTILINE)
    operands = ", ".join(f"x{i}" for i in range(len(op.operands)))
    return head + results.sub(rf"return _told(op, [{operands}], settings, \1)", body.partition("\n")[2])


def _record(op: Op) -> list[str]:
    """Write how the node is made."""
    if len(op.operands) == 1:
        return [_result(op, _RECORD_ONE.format(saved=_saved(op, 0)))]
    places = range(len(op.operands))
    copies = [_COPY.format(i=i) for i in places if any(i in reads for reads in op.reads)]
    edges = [_EDGE.format(i=i, saved=_saved(op, i)) for i in places if op.rules[i]]
    inputs = _tuple(f"n{i} or _constant(x{i})" for i in places)
    if op.spends:  # the operand that gets the cotangent itself comes last
        return [*copies, "edges = ()", *edges[::-1], _RECORD_REVERSED.format(inputs=inputs)]
    return [*copies, "edges = ()", *edges, _RECORD_SEVERAL.format(number=len(places), inputs=inputs)]


def _result(op: Op, made: str) -> str:
    """Write how the result is returned."""
    return (_RESULT if op.view is None else _VIEW).format(made=made)


def _saved(op: Op, index: int) -> str:
    """Write what the rule of an operand is called with after the cotangent. As in `Op.environment`, y is the result."""
    variables = {f"{name}_shape": f"getattr(a{i}, 'shape', ())" for i, name in enumerate(op.operands)}
    variables |= {name: f"settings.get({name!r}, preset[{name!r}])" for name in op.defaults}
    variables |= {name: f"a{i}" for i, name in enumerate(op.operands)}
    variables |= {"y": "y"}
    return _tuple(variables[name] for name in op.wants[index])


def _tuple(items: Iterable[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


def _indented(blocks: Iterable[str]) -> str:
    return "\n".join(blocks).replace("\n", "\n        ")
