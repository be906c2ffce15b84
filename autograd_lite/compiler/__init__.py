"""From a function to a program of NumPy calls: recorded below the engine, improved by passes, written as text."""

from autograd_lite.base.later import listing
from autograd_lite.compiler.compile import Compiled, CompiledProgram, compile  # noqa: A004 - PyTorch's name
from autograd_lite.compiler.program.program import Program

__all__ = ["Compiled", "CompiledProgram", "Program", "compile"]
__dir__ = listing(__name__)
