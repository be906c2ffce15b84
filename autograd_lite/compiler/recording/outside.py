"""A Tensor from outside, as a run has it."""

from __future__ import annotations

from typing import Any

UNREAD = object()
"""Stands for a gradient that nobody has asked for."""


class Seen:
    """A Tensor from outside: what it is called, and what its array and its gradient have become."""

    __slots__ = ("data", "exposed", "first", "first_grad", "first_id", "grad", "name", "node", "owner", "t")

    def __init__(self, t: Any, owner: tuple[str, Any], name: str) -> None:
        self.t, self.owner, self.name = t, owner, name
        self.node, self.exposed = t._node, t._exposed
        self.data: Any = None
        self.first: Any = None
        self.first_id = -1
        self.grad: Any = UNREAD
        self.first_grad: Any = UNREAD

    def start(self, value: Any) -> None:
        """Note the value that stands for the array at the beginning."""
        self.data, self.first, self.first_id = value, value, value.id
