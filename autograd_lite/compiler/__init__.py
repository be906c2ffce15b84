"""From a function to a program of NumPy calls: recorded below the engine, improved by passes, written as text."""

from autograd_lite.base.later import listing
from autograd_lite.compiler.compile import Compiled, compile  # noqa: A004 - PyTorch's name
from autograd_lite.compiler.program.program import Program
from autograd_lite.compiler.programs import CompiledProgram

__all__ = ["Compiled", "CompiledProgram", "Program", "compile"]
__dir__ = listing(__name__)
