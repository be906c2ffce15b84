"""Texts of dropout, embeddings, recurrent networks and attention."""

from __future__ import annotations

PROBABILITY = "p={given!r} of {what} is a probability. Write a number from 0 to 1: p=0.5"
DROPOUT_SHAPE = "{what} takes an input of {wanted} axes, but is given one of shape {given}. Write {instead}"
