"""Texts of convolutions, pools, norms and what else takes images."""

from __future__ import annotations

AXIS_SIZES = (
    "{name} of {what} is {given!r}: it takes a whole number of at least {least}{several}. Write {name}={instead}"
)
IMAGE_SHAPE = (
    "{what} takes an input of shape {batched}, or {single} without a batch, but is given one of shape {given}. "
    "Write {instead}"
)
CONV_CHANNELS = (
    "{what} takes inputs of {wanted} channels, along axis {axis}, but is given one of shape {given} with {count}. "
    "Write {instead}"
)
CONV_GROUPS = (
    "{what} has groups={groups}, which divides its channels ({inputs} in, {outputs} out) not into equal parts. "
    "Write groups={instead}, or other numbers of channels"
)
CONV_WEIGHT = "{what} takes a weight of shape {wanted}, not of shape {given}. Write {instead}"
CONV_BIAS = "{what} has {outputs} outputs, and is given a bias of shape {given}. Write np.zeros({outputs}) for none"
WINDOW_SIZE = (
    "{what} has windows of {window}, larger than the input, which is {size} with its padding. "
    "Write a kernel_size of at most {size}, or more padding"
)
CONV_PADDING = (
    "padding={given!r} of {what} is unknown. Write padding='same', 'valid', or a number of elements for each axis"
)
CONV_SAME = (
    "{what} has padding='same' and stride={stride}: the result cannot have the size of the input. Write stride=1"
)
PADDING_MODE = "padding_mode={given!r} is unknown. Write padding_mode='zeros', 'reflect', 'replicate' or 'circular'"
OUTPUT_PADDING = (
    "{what} has output_padding={given}, which has to be smaller than its stride {stride} or its dilation {dilation}. "
    "Write output_padding={instead}"
)
OUTPUT_SIZE = (
    "{what} is asked for the size {given}, of possible sizes from {least} to {most}. Write output_size={least}"
)
NO_OUTPUT = (
    "{what} has no result: of an input of {size} elements along an axis nothing remains. Write less padding, "
    "or a larger input"
)
POOL_PADDING = (
    "{what} has padding={padding} and windows of {window}: with more than half of a window some are of padding alone. "
    "Write padding={instead}, or ag.nn.functional.pad(x, ...) before it"
)
POOL_EMPTY = (
    "{what} has windows of {window} in which no element of the input is, which is {size}, but padding alone. "
    "Write dilation=1, or less padding"
)
DIVISOR = "divisor_override=0 of {what} divides by zero. Write divisor_override=None for the size of a window"
UNPOOL_SHAPE = (
    "{what} is given an input of shape {given} and indices of shape {indices}. "
    "Write return_indices=True for the pool, and give both of its results"
)
UNPOOL_INDEX = (
    "{what} is given an index beyond the {count} places of a result of size {size}. Write a larger output_size"
)
FOLD_COLUMNS = (
    "fold() is given an input of shape {given}: for this output_size and kernel_size it has {rows} rows, or a multiple "
    "of it, and {columns} columns. Write unfold(x, ...) of an image for such an input, with the same arguments"
)
NORM_CHANNELS = "{what} is for {wanted} channels, along axis 1, but is given an input of shape {given}. Write {instead}"
NORM_SHAPE = (
    "{what} normalises the last axes of lengths {wanted}, but is given an input of shape {given}. "
    "Write normalized_shape={instead} for it"
)
NORM_WEIGHT = "{name} of {what} has shape {given}, but there are numbers for {wanted}. Write np.ones({wanted})"
NORM_GROUPS = "{what} has {groups} groups for {channels} channels: not equal parts. Write num_groups={instead}"
NORM_SINGLE = (
    "{what} is given one number for each channel, of shape {given}: its variance is 0 and nothing can be learnt. "
    "Write a batch of several examples, or model.eval() where no training is meant"
)
NORM_EPS = "{what} has eps={given}, which would be taken from variances. Write eps=1e-5, or 0"
NORM_RUNNING = "{what} without training needs the mean and variance that it uses. Write {instead}"
RUNNING_KIND = (
    "{name} of {what} is to be updated, but is given as a {given}. Write {name}=ag.Tensor({name}), which then changes"
)
PAD_WIDTHS = (
    "pad() is given widths {given} for an input of shape {shape}. "
    "Write a pair for each axis, the last axis first: (left, right, top, bottom)"
)
PAD_LONG = "pad() with mode={mode!r} takes {width} elements of an axis of {size}. Write widths below {most}"
PAD_NOTHING = "pad() by {given} leaves nothing of an axis of {size}. Write widths that together are at least {least}"
PAD_MODE = "pad() has no mode {given!r}. Write mode='constant', 'reflect', 'replicate' or 'circular'"
RESIZE_GOAL = "interpolate() is told {given}. Write size=(...), or scale_factor=2, one of them"
RESIZE_SHAPE = (
    "interpolate() takes inputs of shape (N, C, L), (N, C, H, W) or (N, C, D, H, W), but is given one of shape "
    "{given}. Write {instead}"
)
RESIZE_FACTOR = (
    "scale_factor={given!r} of interpolate(): it takes a positive number, or {n} of them, one for each axis. "
    "Write scale_factor={instead}"
)
RESIZE_MODE = "interpolate() has no mode {given!r} for an input of shape {shape}. Write mode={instead}"
RESIZE_CORNERS = "interpolate() with mode={mode!r} has no corners to align. Write align_corners=None"
RESIZE_ANTIALIAS = (
    "interpolate() has antialias=True for images with mode='bilinear' or 'bicubic', not with mode={mode!r}. "
    "Write mode='area' for means of what belongs to a pixel"
)
SHUFFLE = "{what} cannot divide {size} by {factor}, of an input of shape {given}. Write another factor, or input"
UNFLATTEN = "unflatten makes {sizes} of axis {dim}, which has length {given}. Write sizes whose product is {given}"
TRANSPOSE_PADDING = "{what} has padding_mode={given!r}: only zeros have a transpose. Write padding_mode='zeros'"
PAD_LAYER = "{layer}() is given padding={given!r}. Write one whole number, or {n} of them: padding={instead}"
FLATTEN = "Flatten of the axes from {start} to {end} of an input of shape {given}: none. Write Flatten(1)"
AXIS_RANGE = "an input of {ndim} axes has no axis {given}. Write an axis from {least} to {most}"
GRID_SHAPE = (
    "grid_sample() takes images of shape (N, C, H, W) and a grid of (N, h, w, 2), or volumes of (N, C, D, H, W) and "
    "one of (N, d, h, w, 3), but is given shapes {given} and {grid}. Write images with pixels, and places along the "
    "last axis of the grid"
)
GRID_MODE = "{name}={given!r} of grid_sample() is unknown here. Write {name}={known}"
AFFINE_MAPS = (
    "affine_grid() takes maps of shape (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W), not "
    "maps of shape {given} and size={size}. Write the size of the images that are to be made"
)
FRACTIONAL_GOAL = "{what} is told {given}. Write output_size=(...), or output_ratio=0.5, one of them"
FRACTIONAL_RATIO = "output_ratio={given!r} of {what} is a number between 0 and 1, or one for each axis. Write 0.5"
FRACTIONAL_SIZE = (
    "{what} has {out} windows of {kernel} for an input of {size}, which are more than begin at different elements. "
    "Write a smaller output_size or kernel_size"
)
FRACTIONAL_SAMPLES = "_random_samples of {what} have shape {given}, and need {wanted}. Write rng.random({wanted})"
