"""PyTorch's functions by their names, with its arguments: read as ``ag.cat``, ``ag.randn``, ``ag.sum``.

They return Tensors, where NumPy's of the same name do only for Tensors, and mean what they mean in PyTorch: `sort` and
`max` return places as well, `std` divides by n - 1. A Tensor's methods mean what they mean in NumPy.
"""

from autograd_lite.base.later import placed

NAMES = placed({
    "functions.devices": "device inference_mode",
    "functions.drawn": "bernoulli multinomial normal rand rand_like randint randint_like randn randn_like randperm",
    "functions.dtypes": (
        "bool cdouble cfloat complex128 complex64 double float float16 float32 float64 half int int16 int32 int64 "
        "int8 long short uint8"
    ),
    "functions.generators": "Generator",
    "functions.joined": "broadcast_tensors cat concat concatenate hstack meshgrid stack vstack where",
    "functions.made": (
        "arange as_tensor empty empty_like eye from_numpy full full_like linspace logspace ones ones_like zeros "
        "zeros_like"
    ),
    "functions.methods": (
        "abs absolute acos acosh add all allclose amax amin any arccos arccosh arcsin arcsinh arctan arctan2 arctanh "
        "argmax argmin asin asinh atan atan2 atanh bmm broadcast_to ceil chunk clamp clip clone conj cos cosh "
        "count_nonzero cumprod cumsum detach diag diagonal div divide dot eq equal exp exp2 expm1 flatten flip floor "
        "gather ge gt index_add index_select is_floating_point isclose isfinite isinf isnan le lerp log log10 log1p "
        "log2 logical_and logical_not logical_or lt masked_fill masked_select matmul maximum mean minimum mm moveaxis "
        "movedim mul multiply mv nan_to_num ne neg negative norm numel outer permute pow prod ravel reciprocal "
        "remainder repeat_interleave reshape roll round rsqrt scatter scatter_add select sign sin sinh split sqrt "
        "square squeeze sub subtract sum swapaxes swapdims t take tan tanh tile topk trace tril triu true_divide "
        "trunc unbind unsqueeze"
    ),
    "functions.numbers": "Size e finfo get_default_dtype iinfo inf is_tensor nan pi",
    "functions.numpys": (
        "argwhere bincount bitwise_and bitwise_not bitwise_or bitwise_xor copysign deg2rad diff fliplr flipud "
        "floor_divide fmax fmin fmod hypot inner isin kron logaddexp logical_xor nanmean nansum quantile rad2deg sinc "
        "vdot"
    ),
    "functions.ordered": "argsort kthvalue max median min nonzero sort std transpose unique var",
    "functions.products": "addcdiv addcmul addmm baddbmm cdist cross einsum",
    "nn.functional.embeddings": "one_hot",
})
"""The names, and where each is."""
