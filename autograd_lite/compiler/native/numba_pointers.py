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


f8, f4 = _pointer(types.float64), _pointer(types.float32)
i8, i4, i2, i1 = (_pointer(t) for t in (types.int64, types.int32, types.int16, types.int8))
u8, u4, u2, u1 = (_pointer(t) for t in (types.uint64, types.uint32, types.uint16, types.uint8))
