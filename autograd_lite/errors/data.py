"""Texts of data in batches."""

from __future__ import annotations

DATASET_ITEM = "{name} is a dataset without examples. Write def __getitem__(self, index): in the class"
DATASET_LENGTH = "{name} is a dataset without a length. Write def __len__(self): in the class, or IterableDataset"
DATASET_ITERATOR = "{name} is a dataset without examples. Write def __iter__(self): in the class"
SAMPLER_ITERATOR = "{name} is a sampler without numbers. Write def __iter__(self): in the class"
DATASET_SHAPES = (
    "TensorDataset() takes Tensors with as many rows each, and is given shapes: {shapes}. Write TensorDataset(x, y) "
    "with len(x) == len(y)"
)
DATASETS_NONE = "ConcatDataset() is given no dataset. Write ConcatDataset([dataset])"
DATASET_INDEX = "example {index} is asked for, of a dataset of {length}. Write a number below {length}"
SPLIT_LENGTHS = (
    "random_split() of {count} examples is given the lengths {given}. Write whole numbers that sum to {count}, or "
    "fractions that sum to 1, as [0.8, 0.2]"
)
SAMPLES = "num_samples={given} is no number of examples. Write num_samples=1, or more"
BATCH_SIZE = "batch_size={given} is no number of examples. Write batch_size=32, or None for single examples"
COLLATE_SHAPES = (
    "examples of several sizes, {shapes}, are no batch. Write DataLoader(dataset, collate_fn=f), where f makes one of "
    "a list of examples"
)
COLLATE_KIND = (
    "an example of type {given} is no array, number, text, dict, tuple or list. Write DataLoader(dataset, "
    "collate_fn=f), where f makes a batch of a list of examples"
)
LOADER_ITERABLE = (
    "an IterableDataset says itself in which order examples come. Write "
    "DataLoader(dataset, batch_size=32), without shuffle=, sampler= and batch_sampler="
)
LOADER_ORDER = "sampler= and shuffle=True are both given. Leave out shuffle=, or write sampler=RandomSampler(dataset)"
LOADER_BATCHES = (
    "batch_sampler= says which batches there are. Write DataLoader(dataset, batch_sampler=batches), "
    "without batch_size=, shuffle=, sampler= and drop_last="
)
LOADER_SINGLE = "batch_size=None makes no batches, so that none is the last. Write it without drop_last="
LOADER_STATE = (
    "this state is not one of this loader: {found}. Write DataLoader(...) with the dataset and the arguments of the one "
    "that it was saved of"
)
LOADER_REPEATED = (
    "the batches of this epoch cannot be repeated: others come than before. The dataset is another one, or the order comes "
    "from a generator that is not in sight. Write self.generator = np.random.default_rng(seed) in the sampler, or "
    "def state_dict(self): and def load_state_dict(self, state): in its class"
)
