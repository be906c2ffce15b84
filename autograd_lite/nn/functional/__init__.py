"""Layers and losses as functions, with PyTorch's names and orders of arguments.

They take Tensors or arrays. Those that are operations of their own (`sigmoid`, ...) are the same as in
`autograd_lite` itself; the others are definitions in terms of operations.
"""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed
from autograd_lite.rules.elementwise import sigmoid
from autograd_lite.rules.neural import half_squared_error

if TYPE_CHECKING:
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
    from autograd_lite.nn.functional.attention import scaled_dot_product_attention
    from autograd_lite.nn.functional.binary import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div
    from autograd_lite.nn.functional.classification import cross_entropy, linear_cross_entropy, nll_loss
    from autograd_lite.nn.functional.convolution import (
        conv1d,
        conv2d,
        conv3d,
        conv_transpose1d,
        conv_transpose2d,
        conv_transpose3d,
    )
    from autograd_lite.nn.functional.ctc import ctc_loss
    from autograd_lite.nn.functional.distances import cosine_similarity, pairwise_distance, pdist
    from autograd_lite.nn.functional.dropouts import (
        alpha_dropout,
        dropout,
        dropout1d,
        dropout2d,
        dropout3d,
        feature_alpha_dropout,
    )
    from autograd_lite.nn.functional.embeddings import embedding, embedding_bag, one_hot
    from autograd_lite.nn.functional.folding import fold, unfold
    from autograd_lite.nn.functional.fractional import fractional_max_pool2d, fractional_max_pool3d
    from autograd_lite.nn.functional.heads import multi_head_attention_forward
    from autograd_lite.nn.functional.margins import (
        cosine_embedding_loss,
        hinge_embedding_loss,
        margin_ranking_loss,
        multi_margin_loss,
        multilabel_margin_loss,
        multilabel_soft_margin_loss,
        soft_margin_loss,
        triplet_margin_loss,
        triplet_margin_with_distance_loss,
    )
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
    from autograd_lite.nn.functional.regression import (
        gaussian_nll_loss,
        huber_loss,
        l1_loss,
        mse_loss,
        poisson_nll_loss,
        smooth_l1_loss,
    )
    from autograd_lite.nn.functional.resizing import (
        channel_shuffle,
        interpolate,
        pixel_shuffle,
        pixel_unshuffle,
        upsample,
        upsample_bilinear,
        upsample_nearest,
    )
    from autograd_lite.nn.functional.sampling import affine_grid, grid_sample
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

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "affine_grid", "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm",
    "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "celu", "channel_shuffle", "conv1d",
    "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "ctc_loss", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu",
    "embedding", "embedding_bag", "feature_alpha_dropout", "fold", "fractional_max_pool2d", "fractional_max_pool3d",
    "gaussian_nll_loss", "gelu", "glu", "grid_sample", "group_norm", "gumbel_softmax", "half_squared_error",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss", "huber_loss", "instance_norm",
    "interpolate", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "linear_cross_entropy",
    "local_response_norm", "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d", "lstm_cell",
    "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d",
    "mish", "mse_loss", "multi_head_attention_forward", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance", "pdist",
    "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu", "relu6", "rms_norm", "rrelu",
    "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss", "soft_margin_loss", "softmax",
    "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold", "triplet_margin_loss",
    "triplet_margin_with_distance_loss", "unfold", "upsample", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip

# Imported at the first use, for a network needs few of them.
_LATER = placed(
    {
        "activations": "log_softmax softmax tanh",
        "adaptive": (
            "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d "
            "adaptive_max_pool3d"
        ),
        "affine": "bilinear linear",
        "attention": "scaled_dot_product_attention",
        "binary": "binary_cross_entropy binary_cross_entropy_with_logits kl_div",
        "classification": "cross_entropy linear_cross_entropy nll_loss",
        "convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
        "ctc": "ctc_loss",
        "distances": "cosine_similarity pairwise_distance pdist",
        "dropouts": "alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout",
        "embeddings": "embedding embedding_bag one_hot",
        "folding": "fold unfold",
        "fractional": "fractional_max_pool2d fractional_max_pool3d",
        "heads": "multi_head_attention_forward",
        "margins": (
            "cosine_embedding_loss hinge_embedding_loss margin_ranking_loss multi_margin_loss "
            "multilabel_margin_loss multilabel_soft_margin_loss soft_margin_loss triplet_margin_loss "
            "triplet_margin_with_distance_loss"
        ),
        "normalization": "batch_norm group_norm instance_norm layer_norm local_response_norm normalize rms_norm",
        "padding": "pad",
        "pooling": (
            "avg_pool1d avg_pool2d avg_pool3d lp_pool1d lp_pool2d lp_pool3d max_pool1d max_pool2d max_pool3d "
            "max_unpool1d max_unpool2d max_unpool3d"
        ),
        "rectifiers": (
            "celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu prelu relu relu6 rrelu selu softshrink "
            "threshold"
        ),
        "recurrent": "lstm_cell",
        "regression": "gaussian_nll_loss huber_loss l1_loss mse_loss poisson_nll_loss smooth_l1_loss",
        "resizing": (
            "channel_shuffle interpolate pixel_shuffle pixel_unshuffle upsample upsample_bilinear upsample_nearest"
        ),
        "sampling": "affine_grid grid_sample",
        "smooth": "gelu glu gumbel_softmax logsigmoid mish silu softmin softplus softsign tanhshrink",
    }
)

if not TYPE_CHECKING:  # a checker would take every name for one
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
