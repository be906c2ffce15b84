"""Data in batches, as PyTorch's ``torch.utils.data`` has it: datasets, what draws from them, and the loader."""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.data.collate import default_collate
    from autograd_lite.data.datasets import (
        ConcatDataset,
        Dataset,
        IterableDataset,
        Subset,
        TensorDataset,
        random_split,
    )
    from autograd_lite.data.loader import DataLoader
    from autograd_lite.data.samplers import (
        BatchSampler,
        RandomSampler,
        Sampler,
        SequentialSampler,
        SubsetRandomSampler,
        WeightedRandomSampler,
    )

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler", "Sampler",
    "SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "default_collate",
    "random_split",
]  # fmt: skip

_LATER = placed({
    "collate": "default_collate",
    "datasets": "ConcatDataset Dataset IterableDataset Subset TensorDataset random_split",
    "loader": "DataLoader",
    "samplers": (
        "BatchSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler WeightedRandomSampler"
    ),
})

if not TYPE_CHECKING:
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
