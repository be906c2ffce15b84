"""Who is timed, and on what."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
STEPS = (
    "perceptron", "mlp", "mlp784", "mlp1024", "chain1000", "gradient1000", "million", "elementwise", "logistic",
    "hessian50",
)  # fmt: skip
LOOPS = ("ode1000", "lstm64")  # which not everybody has
MATRICES = tuple(f"{kind}{size}" for kind in ("solve", "eigh", "svd", "fft") for size in ("4", "64", "512", "1000x4"))
FUNCTIONS = ("exp32", "log32", "sin32", "cos32", "tanh32", "arctan32", "expm132", "log1p32")
ELEMENTS = 10_000  # that each of them is computed of, as in contenders/inputs.py
NETWORKS = ("lenet", "transformer", "nn.LSTM", "conv", "batchnorm", "embedding", "adam10", "adam100")
PEAKS = NETWORKS[:4]  # whose memory is measured too, of these contenders
PEAKS_OF = ("ours", "ours compiled", "ours cc", "PyTorch")
GROUPS = {"networks": NETWORKS, "matrices": MATRICES, "functions": FUNCTIONS}
WORKLOADS = (*STEPS, *LOOPS, *MATRICES, *FUNCTIONS, *NETWORKS)
PRODUCTS = "products and update"

COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
# Without its bytecode cache an import would be timed with its compilation; and BLAS chooses its kernels by itself.
NOT_INHERITED = (
    "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "AUTOGRAD_LITE_COMPILE", "AUTOGRAD_LITE_NETWORK", "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)  # fmt: skip


@dataclass(frozen=True)
class Contender:
    """`first`: its first call is timed too; `cached`: so is that of a second process, with what the first one kept.

    `networks`: the script that has the networks.
    """

    name: str
    script: str
    module: str
    peer: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = STEPS
    first: bool = False
    cached: bool = False
    networks: str = ""

    def parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """Scripts, each with the workloads that one process of it is for."""
        every = set(self.steps) >= set(STEPS)
        parts = [(self.script, self.steps), (self.script, (*MATRICES, *FUNCTIONS) if every else ())]
        return [*parts, (self.networks, NETWORKS if self.networks else ())]


def ours(name: str, backend: dict[str, str], cached: bool = False) -> Contender:
    given = {"PYTHONPATH": str(TOP), **backend}
    return Contender(name, "ours.py", "autograd_lite", False, given, (*STEPS, *LOOPS), True, cached, "networks.py")


def eager(name: str, backend: str) -> Contender:
    """An ordinary training loop, of which the network alone is compiled."""
    given = {"PYTHONPATH": str(TOP), "AUTOGRAD_LITE_NETWORK": backend}
    return Contender(name, "ours.py", "autograd_lite", False, given, ("perceptron", "mlp", "mlp784", "mlp1024"))


HAND = Contender("hand", "hand.py", "numpy", False)
OURS = ours("ours", {})
PYTORCH = Contender("PyTorch", "pytorch.py", "torch", steps=(*STEPS, *LOOPS), networks="networks.py")
COMPILED = {"TORCH_CONTENDER_COMPILE": "1"}
CONTENDERS = (
    HAND,
    Contender(PRODUCTS, "products.py", "numpy", False, steps=("mlp", "mlp784", "mlp1024")),
    OURS,
    ours("ours compiled", {"AUTOGRAD_LITE_COMPILE": "numpy"}),
    ours("ours numba", {"AUTOGRAD_LITE_COMPILE": "numba"}, cached=True),
    ours("ours cc", {"AUTOGRAD_LITE_COMPILE": "cc"}, cached=True),
    eager("ours, compiled network", "numpy"),
    eager("ours, network cc", "cc"),
    PYTORCH,
    Contender("torch.compile", "pytorch.py", "torch", environment=COMPILED, steps=("elementwise", "logistic")),
    Contender("JAX eager", "jaxlib_.py", "jax"),
    Contender(
        "JAX jit", "jaxlib_.py", "jax", environment={"JAX_CONTENDER_JIT": "1"}, steps=(*STEPS, *LOOPS), first=True,
        networks="networks_jax.py",
    ),
    Contender("HIPS autograd", "hips.py", "autograd"),
    Contender("MyGrad", "mygrad_.py", "mygrad"),
    Contender("micrograd", "micrograd_.py", "micrograd"),
)


def limits(threads: int) -> dict[str, str]:
    """So many threads for everybody: one by default, as they cost more than they bring on small arrays."""
    alone = str(threads > 1).lower()
    flags = f"--xla_cpu_multi_thread_eigen={alone} intra_op_parallelism_threads={threads}"
    return {**dict.fromkeys(COUNTS, str(threads)), "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}


def environment(contender: Contender, cache: str, threads: int = 1) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    named = {"CONTENDER_MODULE": contender.module, "AUTOGRAD_LITE_CACHE": cache}
    return inherited | limits(threads) | named | contender.environment
