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
DATASET_BATCH = "{name} has no batch() beside its __getitem__. Write def batch(self, indices): in the class that has it"
NUMBERS = "{name} say which examples are meant, and are {given}. Write {instead}"
LOADER_FIXED = (
    "{name} of a loader stays what it was made with. Write DataLoader(dataset, {name}=...) for another loader"
)
DATASETS_NONE = "ConcatDataset() is given no dataset. Write ConcatDataset([dataset])"
STACK_NONE = "StackDataset() is given {given}. Write StackDataset(a, b) for tuples, or StackDataset(x=a, y=b) for dicts"
STACK_LENGTHS = (
    "StackDataset() is given datasets of the lengths {given}. Write Subset(dataset, range(n)) for a longer one"
)
CHAIN_KIND = "ChainDataset() is given a {given}, which is no IterableDataset. Write ConcatDataset([a, b])"
DATASET_INDEX = "example {index} is asked for, of a dataset of {length}. Write a number below {length}"
ARRAYS_LENGTHS = "arrays of several lengths are no examples: {shown}. Write arrays with len(x) == len(y)"
ARRAYS_PARTS = (
    "arrays of several shapes or dtypes are not one after the other, nor are numbers: {shown}. Write them with one "
    "dtype, and the same shape but for their lengths"
)
ARRAYS_DTYPE = "an array of dtype {given} has no numbers and no texts. Write np.asarray(x, float)"
ARRAYS_NUMBER = (
    "a {given}, of shape (), has no rows: lists, tuples and dicts say how an example is built. Write "
    "ArrayDataset(np.asarray(x)) for one array"
)
FILES_NAMES = "files one after the other have to have the same arrays, and have {found}. Write a dict of lists of files"
FILES_KINDS = "files of arrays, .npy, and of dicts, .npz, are given one after the other. Write a list of one kind"
FILES_COMPRESSED = (
    "{name} in {file} is compressed, so that it cannot be mapped. Write np.savez(path, **np.load(path)) once, "
    "or ArrayDataset(dict(np.load(path))) to have it in memory"
)
FILES_OTHER = (
    "{file} is no file of arrays, .npy or .npz. Write np.save(path, x), or a Dataset with a __getitem__ that reads it"
)
TRANSFORM_STREAM = (
    "TransformDataset() is for examples that have numbers. Write TransformIterableDataset(dataset, transform)"
)
ITERABLE_ONCE = (
    "an iterator comes to its end in the first epoch. Write IterableWrapper(lambda: iter(...)), a function that makes "
    "one"
)
SPLIT_LENGTHS = (
    "random_split() of {count} examples is given the lengths {given}. Write whole numbers that sum to {count}, or "
    "fractions that sum to 1, as [0.8, 0.2]"
)
SPLIT_LABELS = "stratify= has {given} labels for {count} examples. Write a label for each example, in their order"
SAMPLES_OF_NONE = (
    "num_samples={given} are to be drawn of no examples. Write RandomSampler(dataset) of one that has some"
)
SAMPLES_WEIGHTS = "weights of shape {shape} are not one for each example. Write weights.ravel()"
SAMPLER_ONCE = "{name}= is an iterator, which is at its end after the first epoch. Write {name}=list(...)"
SAMPLES = "num_samples={given} is no number of examples. Write num_samples=1, or more"
BATCH_SIZE = "batch_size={given} is no number of examples. Write batch_size=32, or None for single examples"
COLLATE_SHAPES = (
    "examples of several sizes, {shapes}, are no batch. Write DataLoader(dataset, collate_fn=f), where f makes one of "
    "a list of examples"
)
COLLATE_MIXED = (
    "a batch begins with an example of type {first}, and has one of type {other}. Write DataLoader(dataset, "
    "collate_fn=f), where f makes a batch of a list of examples"
)
COLLATE_KEYS = (
    "examples that are dicts have not all the same names: {names}. Write the same names in each, or "
    "DataLoader(dataset, collate_fn=f), where f makes a batch of a list of examples"
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
    "this state is not one of this loader: {found}. Write DataLoader(...) with the dataset and the arguments of the "
    "one that it was saved of"
)
LOADER_REPEATED = (
    "the batches of this epoch cannot be repeated: others come than before. The dataset is another one, or the order "
    "comes from a generator that is not in sight. Write self.generator = np.random.default_rng(seed) in the "
    "sampler, or def state_dict(self): and def load_state_dict(self, state): in its class"
)
LOADER_STOPPED = "the dataset or collate_fn raised StopIteration, which ends no loop here. Write raise IndexError"
LOADER_TIMEOUT = "a batch has not come within {seconds} seconds. Write a longer timeout=, or timeout=0 to wait for it"
LOADER_FORKED = (
    "the process was forked while a thread was asking an IterableDataset for its next examples, which the child cannot "
    "go on with. Write for batch in loader: in the child, or num_workers=0"
)
PREFETCH = "prefetch_factor={given} has no meaning without a thread. Write num_workers=1, or leave it out"
WORKERS = "num_workers={workers} and timeout={timeout} cannot be below 0. Write num_workers=1, timeout=0"
LOADER_DATASET = (
    "a {given} is no dataset: it has no examples by number. Write DataLoader(IterableWrapper(x)) for what can be gone "
    "over"
)
LOADER_MAPPING = "a dict has no examples by number. Write DataLoader(ArrayDataset(x)) for a dict of arrays"
LOADER_TRANSFORM = (
    "batch_transform= changes whole batches, and batch_size=None makes none. Write TransformDataset(dataset, f)"
)
