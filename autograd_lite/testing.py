"""Gradient checks for test suites: an assertion, and a table of cases as a test of pytest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.base.later import listing
from autograd_lite.check import GradcheckReport, gradcheck


def assert_gradients(f: Callable[..., Any], *inputs: Any, **options: Any) -> GradcheckReport:
    """Raise `GradcheckError` if a derivative of `f` at these inputs is wrong; return the report.

    Parameters
    ----------
    f : callable, or pair of callables
        As for `gradcheck`.
    *inputs : Tensor or array
        What it is called with.
    **options
        Those of `gradcheck`: ``order=2``, ``modes``, ``rtol``, ...

    Examples
    --------
    >>> import numpy as np
    >>> assert_gradients(np.hypot, np.array([1.0, 2.0]), np.array([2.0, 0.5]), order=2).ok
    True
    """
    return gradcheck(f, list(inputs), **options)


def gradient_tests(cases: Mapping[str, tuple[Any, ...]], **options: Any) -> Callable[..., None]:
    """Return a test function for pytest with one test for each of `cases`; needs pytest.

    Parameters
    ----------
    cases : mapping of str to tuple
        Under the name of each test the function and its inputs.
    **options
        Those of `gradcheck`, for all of them.

    Raises
    ------
    MissingExtraError
        pytest is not installed.

    Examples
    --------
    In a test file, one line makes a test for each case:

    >>> import numpy as np
    >>> test_gradients = gradient_tests({"sine": (np.sin, 0.3), "power": (np.power, 2.0, 3.0)}, order=2)
    """
    try:
        import pytest  # noqa: PLC0415 - an extra
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature="gradient_tests()", package="pytest", extra="test")
        raise errors.MissingExtraError(text) from error

    def test(case: tuple[Any, ...]) -> None:
        f, *inputs = case
        assert_gradients(f, *inputs, **options)

    marked: Callable[..., None] = pytest.mark.parametrize("case", list(cases.values()), ids=list(cases))(test)
    return marked


__all__ = ["assert_gradients", "gradient_tests"]
__dir__ = listing(__name__)
