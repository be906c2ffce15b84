"""Layers and losses as functions, with PyTorch's names and orders of arguments.

They take Tensors or arrays. Those that are operations of their own (`sigmoid`, ...) are the same as in
`autograd_lite` itself; the others are definitions in terms of operations.
"""

from autograd_lite.base.later import listing
from autograd_lite.nn.functional.activations import log_softmax, softmax, tanh
from autograd_lite.nn.functional.adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from autograd_lite.nn.functional.affine import bilinear, linear
from autograd_lite.nn.functional.attention import (
    scaled_dot_product_attention,
)
from autograd_lite.nn.functional.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from autograd_lite.nn.functional.distances import cosine_similarity, pairwise_distance
from autograd_lite.nn.functional.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from autograd_lite.nn.functional.embedding import (
    embedding,
    embedding_bag,
    one_hot,
)
from autograd_lite.nn.functional.folding import fold, unfold
from autograd_lite.nn.functional.losses import cross_entropy, mse_loss, nll_loss
from autograd_lite.nn.functional.normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    rms_norm,
)
from autograd_lite.nn.functional.padding import pad
from autograd_lite.nn.functional.pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from autograd_lite.nn.functional.rectifiers import (
    celu,
    elu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    softshrink,
    threshold,
)
from autograd_lite.nn.functional.recurrent import lstm_cell
from autograd_lite.nn.functional.resizing import interpolate, pixel_shuffle, pixel_unshuffle
from autograd_lite.nn.functional.smooth import (
    gelu,
    glu,
    gumbel_softmax,
    logsigmoid,
    mish,
    silu,
    softmin,
    softplus,
    softsign,
    tanhshrink,
)
from autograd_lite.rules.elementwise import sigmoid
from autograd_lite.rules.neural import half_squared_error

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "celu",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity",
    "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "embedding", "embedding_bag",
    "feature_alpha_dropout", "fold", "gelu", "glu", "group_norm", "gumbel_softmax", "half_squared_error", "hardshrink",
    "hardsigmoid", "hardswish", "hardtanh", "instance_norm", "interpolate", "layer_norm", "leaky_relu", "linear",
    "local_response_norm", "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d", "lstm_cell",
    "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d", "mish", "mse_loss",
    "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu",
    "relu6", "rms_norm", "rrelu", "scaled_dot_product_attention", "selu", "sigmoid", "silu", "softmax", "softmin",
    "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold", "unfold",
]  # fmt: skip
__dir__ = listing(__name__)
