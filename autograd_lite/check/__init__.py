"""Gradient checks: what is wrong, with which element, argument and operation, and in which line."""

from autograd_lite.base.later import listing
from autograd_lite.check.debug import debug
from autograd_lite.check.gradcheck import gradcheck
from autograd_lite.check.report import Fault, GradcheckReport, InputReport

__all__ = ["Fault", "GradcheckReport", "InputReport", "debug", "gradcheck"]
__dir__ = listing(__name__)
