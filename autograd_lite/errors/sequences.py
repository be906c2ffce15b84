"""Texts of dropout, embeddings, recurrent networks and attention."""

from __future__ import annotations

PROBABILITY = "p={given!r} of {what} is a probability. Write a number from 0 to 1: p=0.5"
DROPOUT_SHAPE = "{what} takes an input of {wanted} axes, but is given one of shape {given}. Write {instead}"
EMBEDDING_KIND = "{what} takes indices, which are whole numbers, but is given {given}. Write input.astype(int)"
EMBEDDING_RANGE = (
    "{what} is given an index that is no row of a weight of {rows} rows. Write indices from 0 to {last}, or a weight "
    "with more rows"
)
EMBEDDING_WEIGHT = "{what} takes a weight of shape (rows, size), not of shape {given}. Write weight.reshape(-1, size)"
EMBEDDING_SIZES = "{what} is given {given}. Write whole numbers of at least 1: {layer}(10, 3)"
PADDING_INDEX = "padding_idx={given!r} of {what} is no row of {rows}. Write a number from {least} to {last}"
SPARSE_GRADIENT = "sparse=True of {what}: gradients are arrays here, whose zeros are kept. Write sparse=False"
BAG_MODE = "mode={given!r} of {what} is unknown. Write mode='sum', 'mean' or 'max'"
BAG_OFFSETS = (
    "{what} is given indices of shape {given} {offsets}. Write indices of shape (bags, length), or of shape (n,) with "
    "offsets=np.array([0, ...]), where each bag begins"
)
BAG_ORDER = "offsets of {what} have to begin with 0 and never fall, up to {count} indices. Write np.sort(offsets)"
BAG_WEIGHTS = (
    "{what} is given per_sample_weights of shape {given}, with mode={mode!r}, for indices of shape {indices}. "
    "Write a weight for each index, with mode='sum'"
)
BAG_MAX_TRACED = (
    "{what} with mode='max' and offsets that are an argument of a compiled function: the size of its bags would "
    "change. Write indices of shape (bags, length) with padding_idx, or offsets that stay the same"
)
CLASS_COUNT = "one_hot() is given a class that is none of {classes}. Write num_classes={instead}, or classes from 0 on"
SEQUENCE_LENGTHS = (
    "lengths of {what} have to be {count} whole numbers, one for each sequence, from 1 to {most}. "
    "Write lengths=[{most}] * {count} for sequences without padding"
)
SEQUENCE_SHAPE = "{what} takes sequences of shape (steps, batch, ...), not of shape {given}. Write x[:, None] for one"
SEQUENCE_ORDER = (
    "pack_padded_sequence() is given a longer sequence behind a shorter one. Write enforce_sorted=False, or the "
    "longest first"
)
TOTAL_LENGTH = "total_length={given} of pad_packed_sequence() is below the longest sequence. Write at least {least}"
PADDING_SIDE = "padding_side={given!r} is unknown. Write padding_side='right' or 'left'"
SEQUENCES = (
    "{what} takes sequences that differ in their first axis alone, not of shapes {given}. "
    "Write x[:, None] for a sequence of numbers beside sequences of vectors of one number"
)
RECURRENT_SIZES = "{what} is given {name}={given!r}. Write {instead}"
RECURRENT_INPUT = (
    "{what} takes an input of shape {wanted}, or {single} without a batch, but is given one of shape {given}. "
    "Write {instead}"
)
RECURRENT_EMPTY = "{what} is given sequences of no step. Write an input of at least one"
RECURRENT_STATE = "{what} is given {name} of shape {given}, and needs shape {wanted} for this input. Write {instead}"
RECURRENT_PAIR = "{what} takes its first state as a pair, (h_0, c_0), not as {given}. Write lstm(x, (h, c))"
CAUSAL_MASK = (
    "attention is given attn_mask and is_causal=True. Write one of them, or attn_mask=mask & np.tri(n, m, dtype=bool)"
)
ATTENTION_HEADS = (
    "attention with enable_gqa=True is given queries of shape {query} and keys or values of {key}: the heads, along "
    "axis -3, of the latter have to divide those of the former. Write a number of heads that does"
)
ATTENTION_SHAPES = (
    "attention is given queries of shape {query}, keys of {key} and values of {value}. Write (..., queries, size), "
    "(..., keys, size) and (..., keys, out), with the same axes in front"
)
BILINEAR_SHAPES = (
    "bilinear() is given inputs of shape {first} and {second} and a weight of {weight}. "
    "Write inputs (..., in1) and (..., in2) for a weight of shape (out, in1, in2)"
)
BILINEAR_SIZES = "Bilinear() is given {given}. Write whole numbers of at least 1: Bilinear(2, 3, 4)"
HEADS = "{what} has embed_dim={size}, which num_heads={heads} divides not. Write num_heads={instead}"
HEADS_SIZES = "{what} is given embed_dim={size!r} and num_heads={heads!r}. Write whole numbers of at least 1"
ATTENTION_INPUT = (
    "{what} takes query, key and value of shape {wanted}, or without a batch, of sizes {sizes}, but is given {given}. "
    "Write key and value of the same length, and the same batch for all three"
)
ATTENTION_MASK = "{name} of {what} has shape {given}, and needs {wanted}. Write {instead}"
CAUSAL_HINT = (
    "is_causal=True of {what} says that attn_mask is causal, but there is none. "
    "Write attn_mask=nn.Transformer.generate_square_subsequent_mask(n), of the length of the queries"
)
ACTIVATION = "activation={given!r} of {what} is unknown. Write activation='relu', 'gelu', or a function"
TRANSFORMER_SIZE = "{what} has d_model={size}, but is given inputs of shape {given}. Write vectors of length {size}"
LAYER_COUNT = "{what} is given num_layers={given!r}. Write a whole number from 0 on"
PACKED_SIZES = (
    "{what} is given a PackedSequence whose batch_sizes do not belong to its {rows} rows: they never grow, and add up "
    "to that. Write pack_sequence(sequences)"
)
