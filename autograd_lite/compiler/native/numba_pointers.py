"""Addresses as pointers, for code that numba compiles. Imported by generated code only, for it imports numba."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _pointer(element: Any) -> Any:
    """Return a function that takes an address for a pointer to such elements."""

    @intrinsic  # type: ignore[misc, untyped-decorator, unused-ignore]
    def pointer(typing_context: Any, address: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

        return types.CPointer(element)(address), code  # type: ignore[no-untyped-call, unused-ignore]

    return pointer


# NOTE: a kernel has variables named i1, i2, ..., which may not hide these.
to_f8, to_f4 = _pointer(types.float64), _pointer(types.float32)
to_i8, to_i4, to_i2, to_i1 = (_pointer(t) for t in (types.int64, types.int32, types.int16, types.int8))
to_u8, to_u4, to_u2, to_u1 = (_pointer(t) for t in (types.uint64, types.uint32, types.uint16, types.uint8))
