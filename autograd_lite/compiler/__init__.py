"""x"""
from autograd_lite.compiler.compile import Compiled, compile
