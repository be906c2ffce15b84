"""Texts of files."""

from __future__ import annotations

SAVE_KIND = (
    "{place} is of type {given}, which could be saved only together with its code. Write x.state_dict() for a module, "
    "an optimiser or a schedule; arrays, numbers, texts, dicts, lists and tuples for all else"
)
SAVE_GENERATOR = "{place} is a generator of random numbers. Write rng.bit_generator.state, which can be set, too"
SAVE_MASKED = "{place} is a masked array, whose mask would be lost. Write {{'data': x.filled(0), 'mask': x.mask}}"
SAVE_FILE = "a {given} is given in the place of a path or a binary file. Write ag.save(obj, path)"
LOAD_FILE = "a {given} is given in the place of a path or a binary file. Write ag.load(path)"
SAVE_DEPTH = "what is given holds itself, or is built too deeply. Write dicts and lists that hold other ones"
SAVE_DTYPE = "{place} is an array of dtype {given}, which is no number and no text. Write np.asarray(x, float)"
SAFETENSORS_DTYPE = "safetensors has not all of the dtypes {given}. Write a name that ends with .npz"
LOAD_DAMAGED = "{file} is no file that save() has written, or is damaged: {reason}. Write ag.load() of an earlier one"
LOAD_BOMB = (
    "{file} has {length} bytes and would come to {size}, as a trap does. Write dict(np.load(path)) if it is your own, "
    "and np.savez(path, **arrays), which compresses nothing"
)
LOAD_DTYPE = (
    "the array {name!r} is of dtype {dtype}, which NumPy has not. Write in PyTorch x.float(), and save the file again"
)
LOAD_VERSION = "{file} is of version {version}, which is newer than this library. Write pip install -U autograd-lite"
LOAD_PICKLE = "a file is never executed here, as PyTorch's pickles are. Write ag.load(path)"
LOAD_PYTORCH = (
    "{file} is a pickle, as torch.save() writes it, which could execute anything. Write in PyTorch "
    "safetensors.torch.save_file(model.state_dict(), 'model.safetensors'), and here ag.load('model.safetensors')"
)
