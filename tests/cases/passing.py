"""Rows of what hands several arrays on."""

from __future__ import annotations

from autograd_lite.rules import passing
from cases.inputs import X, Y
from cases.table import case

case(passing.passed, X, Y)
