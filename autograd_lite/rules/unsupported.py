"""What NumPy can and a Tensor cannot, each with what to write instead.

A name is the one under ``np.``; ``fft.*`` stands for a whole namespace, ``*.at`` for a method of every ufunc, and ``*``
for what is not listed.
"""

from __future__ import annotations

GENERIC = "it has no derivative here. Write t.detach().numpy() for its value without a derivative"

_IN_PLACE = "it changes an array in place. Write t[key] = values, which is recorded"
_SENTENCES = {
    _IN_PLACE: """
        copyto fill_diagonal place put put_along_axis putmask""",
    "a new array is not made like a Tensor. Write ag.Tensor(np.ones(3)), with any function of NumPy inside": """
        arange array asanyarray asarray ascontiguousarray asfortranarray empty eye frombuffer fromfile fromfunction
        fromiter fromstring full genfromtxt identity loadtxt ones require tri zeros""",
    "the numbers it returns depend on which elements are equal. "
    "Write t[np.unique(v, return_index=True)[1]] with v = t.detach().numpy(), and the like": """
        intersect1d setdiff1d setxor1d union1d unique unique_all unique_counts unique_inverse unique_values""",
    "the counts have no derivative. Write np.histogram(t.detach().numpy())": """
        histogram histogram2d histogram_bin_edges histogramdd""",
    "a Tensor holds floating-point numbers. Write t.detach().numpy() for the array": """
        busday_count busday_offset datetime_as_string is_busday isnat packbits unpackbits char.* strings.*
        lib.recfunctions.*""",
    "it is real or complex as its argument is. Write the function of the same name in np, of z.astype(complex)": """
        lib.scimath.* lib._scimath_impl.*""",
    "Write np.sort(t.astype(complex))": "sort_complex",
    "it calls a function for every part. Write the function on the whole Tensor with axis=": """
        apply_along_axis apply_over_axes""",
    "it takes functions or a choice for every element. Write np.where(condition, x, y), nested if need be": """
        choose piecewise select""",
    "Write start + (stop - start) * np.linspace(0, 1, n)": "linspace",
    "Write start * (stop / start) ** np.linspace(0, 1, n)": "geomspace",
    "Write 10 ** (start + (stop - start) * np.linspace(0, 1, n))": "logspace",
    "Write (t[2:] - t[:-2]) / (2 * dx) for the inner points, and np.diff(t[:2]) / dx for an end": "gradient",
    "Write np.concatenate([t[:i], values, t[i:]])": "insert",
    "Write t[i:j] with the bounds of what is not 0": "trim_zeros",
    "Write np.sin(np.pi * t) / (np.pi * t), which needs t != 0": "sinc",
    "Write t + (np.unwrap(v) - v) with v = t.detach().numpy(): what is added is constant": "unwrap",
    "Write (t - np.trunc(t), np.trunc(t))": "modf",
    "Write (t / 2.0**e, e) with e = np.frexp(t.detach().numpy())[1]": "frexp",
    "Write c / np.sqrt(np.outer(d, d)) with c = np.cov(t) and d = np.diag(c)": "corrcoef",
    "Write np.median(t[~np.isnan(t)]), or np.quantile": "nanmedian nanpercentile nanquantile",
    "Write p + q, for coefficients of equal number": "polyadd",
    "Write p - q, for coefficients of equal number": "polysub",
    "Write np.convolve(p, q)": "polymul",
    "Write p[:-1] * np.arange(len(p) - 1, 0, -1)": "polyder",
    "Write np.append(p / np.arange(len(p), 0, -1), constant)": "polyint",
    "Write t[:, None] ** np.arange(n)[::-1]": "vander",
    "Write np.isin(t, values)": "in1d",
    GENERIC: "* i0 nextafter poly polydiv polyfit polynomial.polynomial.* roots",
    "it adds to an array in place. Write np.bincount(i, weights=t), or t[i] = v": "*.at",
    "Write the sum of each part, as t[i:j].sum()": "*.reduceat",
    "only sums, products, extrema, all and any reduce a Tensor. Write the operation on its parts": "*.reduce",
    "only sums accumulate by a method. Write np.cumprod(t), or the operation on the parts": "*.accumulate",
}

UNSUPPORTED = {name: sentence for sentence, names in _SENTENCES.items() for name in names.split()}

IN_PLACE = frozenset(_SENTENCES[_IN_PLACE].split())
"""What no Tensor is handed to, recorded or not."""


def reason(path: str) -> str:
    """Return the sentence for a function, that of its namespace, or the one for what is not listed.

    Examples
    --------
    >>> reason("polymul")
    'Write np.convolve(p, q)'
    >>> reason("fft.rfft") == reason("fft.fft")
    True
    """
    family = f"{path.rpartition('.')[0]}.*"
    return UNSUPPORTED.get(path) or UNSUPPORTED.get(family) or UNSUPPORTED["*"]


_ELSEWHERE = (
    "it has no derivative here. Write ag.custom_op({f}, vjp=lambda g, x: g * df(x))(t), "
    "or t.detach().numpy() for its value without a derivative"
)


def reason_elsewhere(name: str) -> str:
    """Return the sentence for a ufunc that is not NumPy's.

    Examples
    --------
    >>> reason_elsewhere("scipy.special.jv").partition(", or")[0]
    'it has no derivative here. Write ag.custom_op(scipy.special.jv, vjp=lambda g, x: g * df(x))(t)'
    """
    return _ELSEWHERE.format(f=name if name.replace(".", "").isidentifier() else "f")
