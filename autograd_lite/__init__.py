"""autograd_lite: automatic differentiation of NumPy code, in plain Python."""

from typing import TYPE_CHECKING

from autograd_lite import errors, tree
from autograd_lite.base.later import arriving
from autograd_lite.engine.generators import manual_seed
from autograd_lite.engine.scope import scope
from autograd_lite.engine.switch import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from autograd_lite.errors import AutogradError
from autograd_lite.functions import NAMES
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.exponentials import log_softmax, logsumexp, softmax
from autograd_lite.rules.neural import half_squared_error, mean_squared_error
from autograd_lite.tensor.interop import introduce
from autograd_lite.tensor.tensor import Tensor, tensor
from autograd_lite.transforms.derivatives import elementwise_grad, grad, hvp, jvp, linearize, value_and_grad, vjp
from autograd_lite.version import __version__

if TYPE_CHECKING:
    from autograd_lite import (
        attribution,
        autograd,
        cuda,
        data,
        implicit,
        nn,
        onnx,
        optim,
        optimize,
        parallel,
        sklearn,
        testing,
        train,
        viz,
    )
    from autograd_lite import numpy as numpy
    from autograd_lite.apps.support import supported
    from autograd_lite.check.debug import debug
    from autograd_lite.check.gradcheck import gradcheck
    from autograd_lite.check.report import GradcheckReport
    from autograd_lite.compiler.compile import compile  # noqa: A004 - PyTorch's name
    from autograd_lite.extend.custom import custom_op
    from autograd_lite.functions.devices import *  # noqa: F403 - all names, as below
    from autograd_lite.functions.drawn import *  # noqa: F403
    from autograd_lite.functions.dtypes import *  # noqa: F403
    from autograd_lite.functions.generators import *  # noqa: F403
    from autograd_lite.functions.joined import *  # noqa: F403
    from autograd_lite.functions.made import *  # noqa: F403
    from autograd_lite.functions.methods import *  # noqa: F403
    from autograd_lite.functions.numbers import *  # noqa: F403
    from autograd_lite.functions.numpys import *  # noqa: F403
    from autograd_lite.functions.ordered import *  # noqa: F403
    from autograd_lite.functions.products import *  # noqa: F403
    from autograd_lite.nn.functional.distances import cosine_similarity as cosine_similarity
    from autograd_lite.nn.functional.distances import pairwise_distance as pairwise_distance
    from autograd_lite.nn.functional.embeddings import one_hot as one_hot
    from autograd_lite.nn.parameter import Parameter
    from autograd_lite.numpy import fft as fft
    from autograd_lite.numpy import linalg as linalg
    from autograd_lite.saving import load, save
    from autograd_lite.transforms.batches.vmap import vmap
    from autograd_lite.transforms.checkpoint import checkpoint
    from autograd_lite.transforms.jacobians import hessian, jacobian
    from autograd_lite.transforms.loops.branch import cond
    from autograd_lite.transforms.loops.repeat import while_loop
    from autograd_lite.transforms.loops.scan import fori_loop, map, scan  # noqa: A004 - JAX's name
    from autograd_lite.viz.explain import explain
    from autograd_lite.viz.picture import Picture, visualize

__all__ = [
    "AutogradError", "GradcheckReport", "Parameter", "Picture", "Tensor", "__version__", "attribution", "autograd",
    "checkpoint", "compile", "cond", "cuda", "custom_op", "data", "debug", "elementwise_grad", "enable_grad",
    "errors", "explain", "fori_loop", "grad", "gradcheck", "half_squared_error", "hessian", "hvp", "implicit",
    "is_grad_enabled", "jacobian", "jvp", "linearize", "load", "log_softmax", "logsumexp", "manual_seed", "map",
    "mean_squared_error", "nn", "no_grad", "onnx", "optim",
    "optimize", "parallel", "relu", "save", "scan", "scope", "set_grad_enabled", "sigmoid", "sklearn", "softmax",
    "softplus", "supported", "tensor", "testing", "train", "tree", "value_and_grad", "visualize",
    "viz", "vjp", "vmap", "while_loop",
]  # fmt: skip

# Imported at the first use: half of the time of an import, for what most programs need not.
_LATER = {
    **dict.fromkeys(("GradcheckReport", "debug", "gradcheck"), "check"),
    **dict.fromkeys(("Picture", "explain", "visualize"), "viz"),
    **dict.fromkeys(("hessian", "jacobian"), "transforms.jacobians"),
    **dict.fromkeys((
        "attribution", "autograd", "cuda", "data", "implicit", "nn", "numpy", "onnx", "optim", "optimize", "parallel",
        "sklearn", "testing", "train", "viz",
    ), ""),
    **dict.fromkeys(("load", "save"), "saving"),
    **dict.fromkeys(("fft", "linalg"), "numpy"),
    **NAMES,
    "Parameter": "nn.parameter",
    "checkpoint": "transforms.checkpoint",
    "compile": "compiler",
    "supported": "apps.support",
    "custom_op": "extend.custom",
    "vmap": "transforms.batches.vmap",
    **dict.fromkeys(("cond", "fori_loop", "map", "scan", "while_loop"), "transforms.loops"),
}

if not TYPE_CHECKING:  # a checker would take every name for one
    __getattr__ = arriving(__name__, _LATER, errors.NOT_TAKEN_OVER)


def __dir__() -> list[str]:
    return sorted({*__all__, *NAMES})


introduce()
