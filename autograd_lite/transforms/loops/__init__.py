"""Loops and branches as operations: `scan` and what is made of it, `while_loop`, `cond`."""

from autograd_lite.transforms.loops.branch import cond
from autograd_lite.transforms.loops.repeat import while_loop
from autograd_lite.transforms.loops.scan import fori_loop, map, scan  # noqa: A004 - JAX's name

__all__ = ["cond", "fori_loop", "map", "scan", "while_loop"]
