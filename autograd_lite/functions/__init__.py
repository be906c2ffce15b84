"""PyTorch's functions by their names, with its arguments: read as ``ag.cat``, ``ag.randn``, ``ag.sum``.

They return Tensors, where NumPy's of the same name do only for Tensors, and mean what they mean in PyTorch: `sort` and
`max` return places as well, `std` divides by n - 1. A Tensor's methods mean what they mean in NumPy, but
where they are called as only PyTorch's can be.
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
    "functions.joined": (
        "block_diag broadcast_tensors cartesian_prod cat column_stack concat concatenate dstack hstack meshgrid stack "
        "vstack where"
    ),
    "functions.made": (
        "arange as_tensor complex empty empty_like eye from_numpy full full_like linspace logspace ones ones_like "
        "polar tril_indices triu_indices zeros zeros_like"
    ),
    "functions.methods": (
        "abs absolute acos acosh add addcdiv addcmul all allclose amax amin angle any arccos arccosh arcsin arcsinh "
        "arctan arctan2 arctanh argmax argmin asin asinh atan atan2 atanh bmm broadcast_to ceil chunk clamp clamp_max "
        "clamp_min clip clone conj cos cosh count_nonzero cummax cummin cumprod cumsum det detach diag diag_embed "
        "diagonal digamma dist div divide dot eq equal erf erfc erfinv exp exp2 expm1 flatten flip float_power floor "
        "frac gather ge ger gt heaviside index_add index_copy index_fill index_put index_select inverse is_complex "
        "is_floating_point isclose isfinite isinf isnan kthvalue le lerp lgamma log log10 log1p log2 logcumsumexp "
        "logdet logical_and logical_not logical_or lt masked_fill masked_scatter masked_select matmul maximum mean "
        "median minimum mm moveaxis movedim mul multiply mv nan_to_num narrow ne neg negative norm numel outer permute "
        "pow prod ravel reciprocal remainder repeat_interleave reshape roll rot90 round rsqrt scatter scatter_add "
        "scatter_reduce select sign sin sinh split sqrt square squeeze sub subtract sum swapaxes swapdims t take "
        "take_along_dim tan tanh tensor_split tile topk trace tril triu true_divide trunc unbind unflatten unsqueeze"
    ),
    "functions.numbers": "Size e finfo get_default_dtype iinfo inf is_tensor nan pi",
    "functions.numpys": (
        "argwhere bincount bitwise_and bitwise_not bitwise_or bitwise_xor copysign deg2rad diff fliplr flipud "
        "floor_divide fmax fmin fmod hypot imag inner isin kron logaddexp logical_xor nanmean nansum quantile rad2deg "
        "real sinc trapezoid trapz vdot"
    ),
    "functions.ordered": (
        "argsort bucketize max min nonzero searchsorted sort std std_mean transpose unique var var_mean"
    ),
    "functions.products": "addmm addmv baddbmm cdist cross einsum tensordot",
    "nn.functional.distances": "cosine_similarity pairwise_distance",
    "nn.functional.embeddings": "one_hot",
})
"""The names, and where each is."""
