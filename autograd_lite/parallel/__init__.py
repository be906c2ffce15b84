"""Beyond one process: gradients averaged over the ranks of MPI, and examples computed by any executor.

The engines are others': MPI (``pip install 'autograd-lite[mpi]'``), and whatever is a `concurrent.futures.Executor`.
"""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.parallel.averaging import Mean, mean
    from autograd_lite.parallel.mapping import map  # noqa: A004 - by JAX's name, beside vmap
    from autograd_lite.parallel.shards import DistributedSampler, seed, shard
    from autograd_lite.parallel.weights import broadcast

__all__ = ["DistributedSampler", "Mean", "broadcast", "map", "mean", "seed", "shard"]

_LATER = placed({
    "mapping": "map", "averaging": "Mean mean", "shards": "DistributedSampler seed shard", "weights": "broadcast",
})  # fmt: skip

if not TYPE_CHECKING:  # a checker would take every name for one
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
