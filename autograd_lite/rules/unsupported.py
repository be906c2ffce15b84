"""What NumPy can and a Tensor cannot, each with what to write instead.

A name is the one under ``np.``; ``char.*`` stands for a whole namespace, ``*.method`` for the methods of ufuncs
that have no derivative, and ``*`` for what is not listed.
"""

from __future__ import annotations

GENERIC = "it has no derivative here. Write t.detach().numpy() for its value without a derivative"

_SENTENCES = {
    "a new array is not made like a Tensor. Write ag.Tensor(np.ones(3)), with any function of NumPy inside": """
        arange array asanyarray asarray ascontiguousarray asfortranarray empty eye frombuffer fromfile fromfunction
        fromiter fromstring full genfromtxt identity loadtxt ones require tri zeros""",
    "a Tensor holds floating-point numbers. Write t.detach().numpy() for the array": """
        busday_count busday_offset datetime_as_string is_busday isnat packbits unpackbits char.* strings.*
        lib.recfunctions.*""",
    GENERIC: "* polynomial.polynomial.*",
    "it gives several results, or none that has a derivative. Write the operation on the parts": "*.method",
}

UNSUPPORTED = {name: sentence for sentence, names in _SENTENCES.items() for name in names.split()}


def reason(path: str) -> str:
    """Return the sentence for a function, that of its namespace, or the one for what is not listed.

    Examples
    --------
    >>> reason("packbits")
    'a Tensor holds floating-point numbers. Write t.detach().numpy() for the array'
    >>> reason("char.upper") == reason("char.lower")
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
    >>> reason_elsewhere("scipy.special.struve").partition(", or")[0]
    'it has no derivative here. Write ag.custom_op(scipy.special.struve, vjp=lambda g, x: g * df(x))(t)'
    """
    return _ELSEWHERE.format(f=name if name.replace(".", "").isidentifier() else "f")
