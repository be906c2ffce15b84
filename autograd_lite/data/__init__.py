"""Data in batches, as PyTorch's ``torch.utils.data`` has it: datasets, what draws from them, and the loader."""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.data.arrays import ArrayDataset
    from autograd_lite.data.collate import default_collate
    from autograd_lite.data.datasets import (
        ChainDataset,
        ConcatDataset,
        Dataset,
        IterableDataset,
        StackDataset,
        Subset,
        TensorDataset,
    )
    from autograd_lite.data.files import FileDataset
    from autograd_lite.data.loader import DataLoader
    from autograd_lite.data.samplers import (
        BatchSampler,
        RandomSampler,
        Sampler,
        SequentialSampler,
        SubsetRandomSampler,
        WeightedRandomSampler,
    )
    from autograd_lite.data.splits import random_split
    from autograd_lite.data.transforms import IterableWrapper, TransformDataset, TransformIterableDataset

__all__ = [
    "ArrayDataset", "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "FileDataset",
    "IterableDataset", "IterableWrapper", "RandomSampler", "Sampler", "SequentialSampler", "StackDataset", "Subset",
    "SubsetRandomSampler", "TensorDataset", "TransformDataset", "TransformIterableDataset", "WeightedRandomSampler",
    "default_collate", "random_split",
]  # fmt: skip

_LATER = placed({
    "arrays": "ArrayDataset",
    "collate": "default_collate",
    "datasets": "ChainDataset ConcatDataset Dataset IterableDataset StackDataset Subset TensorDataset",
    "files": "FileDataset",
    "loader": "DataLoader",
    "samplers": (
        "BatchSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler WeightedRandomSampler"
    ),
    "splits": "random_split",
    "transforms": "IterableWrapper TransformDataset TransformIterableDataset",
})

if not TYPE_CHECKING:
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
