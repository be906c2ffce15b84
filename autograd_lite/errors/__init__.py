"""What can go wrong, one class for each kind, each message ending with the line to write instead.

Every class is an `AutogradError` and also the built-in exception a NumPy user would expect, so both of
``except autograd_lite.AutogradError`` and ``except TypeError`` do what they say. Messages name operations,
shapes and tensors; they never print data.
"""

from autograd_lite.errors import classes
from autograd_lite.errors.attribution import *  # noqa: F403 - every name
from autograd_lite.errors.checks import *  # noqa: F403 - every name
from autograd_lite.errors.classes import *  # noqa: F403 - every name
from autograd_lite.errors.compiling import *  # noqa: F403 - every name
from autograd_lite.errors.data import *  # noqa: F403 - every name
from autograd_lite.errors.engine import *  # noqa: F403 - every name
from autograd_lite.errors.functions import *  # noqa: F403 - every name
from autograd_lite.errors.images import *  # noqa: F403 - every name
from autograd_lite.errors.learning import *  # noqa: F403 - every name
from autograd_lite.errors.loops import *  # noqa: F403 - every name
from autograd_lite.errors.modules import *  # noqa: F403 - every name
from autograd_lite.errors.onnx import *  # noqa: F403 - every name
from autograd_lite.errors.parallel import *  # noqa: F403 - every name
from autograd_lite.errors.pictures import *  # noqa: F403 - every name
from autograd_lite.errors.pytorch import *  # noqa: F403 - every name
from autograd_lite.errors.saving import *  # noqa: F403 - every name
from autograd_lite.errors.sequences import *  # noqa: F403 - every name
from autograd_lite.errors.sklearn import *  # noqa: F403 - every name
from autograd_lite.errors.training import *  # noqa: F403 - every name

__all__ = [name for name, kind in vars(classes).items() if isinstance(kind, type) and name[0] != "_"]


def __dir__() -> list[str]:
    return sorted(__all__)
