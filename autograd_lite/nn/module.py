"""Module: what computes something, with the Tensors that training changes, its parameters, and others, its buffers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.leaks import watch_buffer
from autograd_lite.nn.converted import Converted
from autograd_lite.nn.hooks import Hooked, call_hooked
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.state_dict import Saved
from autograd_lite.nn.summary import Summary, summarize
from autograd_lite.nn.walk import NOTHING, Walked, is_buffer, named, nearest, places
from autograd_lite.tensor.state import making, setting
from autograd_lite.tensor.tensor import Tensor


class Module(Saved, Converted, Hooked):
    """Base of all layers and networks.

    A subclass sets parameters and other modules as plain attributes, alone or in lists, tuples and dicts, and
    defines ``forward``. What it consists of is found by looking through its attributes in the order in which they
    were set: there is nothing to register, and ``super().__init__()`` need not be called.

    Any other Tensor among them is a buffer, which no optimiser changes and `state_dict` saves: a running mean, a mask.
    What `forward` leaves in an attribute where no buffer was, as attention that is to be looked at, is a result and no
    buffer, unless it was registered. A forward that keeps a statistic writes it without its history, as below; one that
    is recorded is kept with all that it was computed from, as in PyTorch, and a warning says so when it grows. See
    `register_buffer`.

    Attributes
    ----------
    training : bool
        Whether the module is being trained, for layers that then do something else. See `train` and `eval`.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> class Scaled(nn.Module):
    ...     def __init__(self):
    ...         self.factor = nn.Parameter(2.0)
    ...         self.layers = [nn.Linear(3, 2), nn.Tanh()]
    ...
    ...     def forward(self, x):
    ...         for layer in self.layers:
    ...             x = layer(x)
    ...         return self.factor * x
    >>> [name for name, _ in Scaled().named_parameters()]
    ['factor', 'layers.0.weight', 'layers.0.bias']
    >>> class Centred(nn.Module):
    ...     def __init__(self):
    ...         self.mean = ag.Tensor(np.zeros(2))
    ...
    ...     def forward(self, x):
    ...         if self.training:
    ...             with ag.no_grad():
    ...                 self.mean = 0.9 * self.mean + 0.1 * np.mean(x, axis=0)
    ...         return x - self.mean
    >>> centred = Centred()
    >>> centred(np.array([[1.0, 2.0], [3.0, 4.0]])).shape
    (2, 2)
    >>> centred.state_dict()
    {'mean': array([0.2, 0.3])}
    """

    training: bool = True
    _computed: Mapping[str, Any] = NOTHING  # what attributes are computed by, each time they are read

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        making(made)
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. A parameter without a name is called as the attribute is, in pictures and messages.

        Where a parameter or a buffer stands there will be one: anything else would not be trained, or not be saved.
        """
        if isinstance(value, (Parameter, list, tuple, dict)):
            for path, part in named(places({name: value}, inner=False), Parameter):  # those within have their names
                part.name = part.name or path
        if name in self._computed:
            self._computed[name].set(self, value)
            return
        setting(self, name, value)
        old = vars(self).get(name)
        if isinstance(old, Tensor):
            if isinstance(value, _VALUES) or (isinstance(old, Parameter) and is_buffer(value)):
                kind = "ag.nn.Parameter" if isinstance(old, Parameter) else "ag.Tensor"
                said = {**self._said(name), "given": type(value).__name__, "kind": kind}
                raise errors.StateDictError(errors.ATTRIBUTE_KIND.format(**said))
            if isinstance(value, Tensor):
                watch_buffer(old, value, **self._said(name))
        if name in self._results or isinstance(value, _KEPT):
            self._note_result(name, old, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        setting(self, name, None)
        super().__delattr__(name)
        self._transient -= {name}
        self._registered -= {name}
        self._results -= {name}

    if not TYPE_CHECKING:  # a type checker that saw it would find no misspelt name any more

        def __getattr__(self, name: str) -> Any:
            return self._missing(name)

    def _missing(self, name: str) -> Any:
        """Compute what is computed; tell what to write in the place of what PyTorch has and a module has not."""
        if name in self._computed:
            return self._computed[name].get(self)
        if name in _ABSENT:
            instead = _ABSENT[name]
            raise errors.NoAttributeError(errors.NO_MODULE_ATTRIBUTE.format(name=name, instead=instead))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        try:
            return call_hooked(self, args, kwargs) if self._hooked else self.forward(*args, **kwargs)
        except (TypeError, ValueError) as error:
            uncover(error)
            raise

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; to be defined by the subclass, and called by calling the module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> class Twice(nn.Module):
        ...     def forward(self, x):
        ...         return 2 * x
        >>> Twice()(np.ones(3))
        array([2., 2., 2.])
        """
        name = type(self).__name__
        raise NotImplementedError(f"{name} has no forward(). Write `def forward(self, x): ...` in class {name}")

    # ----- switches -----

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` of this module and all within it, and return this one.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> model.eval().training, model.train().training
        (False, True)
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set ``training`` to False, as ``train(False)`` does, and return this module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Linear(2, 3).eval().training
        False
        """
        return self.train(False)

    # ----- looks -----

    def extra_repr(self) -> str:
        """Return the settings that `repr` shows between the parentheses; to be defined by the subclass, if it has any.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> class Scaled(nn.Module):
        ...     factor = 2.0
        ...
        ...     def extra_repr(self):
        ...         return f"factor={self.factor}"
        >>> Scaled()
        Scaled(factor=2.0)
        """
        return ""

    def summary(self, *inputs: Any, depth: int | None = None, **kwargs: Any) -> Summary:
        """Return a table of the layers: shapes of results, parameters, multiplications, memory.

        Parameters
        ----------
        *inputs
            Arrays or Tensors that the module is called with; or shapes, tuples of whole numbers, for which zeros of the
            dtype of the parameters are taken. The module is called once, without a gradient, and left as it was.
        depth : int, optional
            How many levels of modules are shown; by default all.
        **kwargs
            Passed on to the module.

        Returns
        -------
        Summary
            A text, in notebooks a table; with `rows` and totals to go on with.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).summary((8, 4))
        layer        result  parameters  multiplications  memory of parameters  of results
        Sequential   (8, 2)          23              144                 184 B       128 B
          0: Linear  (8, 3)          15               96                 120 B       192 B
          1: ReLU    (8, 3)           0                0                   0 B       192 B
          2: Linear  (8, 2)           8               48                  64 B       128 B
        23 parameters (23 trained), 144 multiplications, 184 B of parameters and buffers, 512 B of results
        """
        return summarize(self, inputs, kwargs, depth)

    def __repr__(self) -> str:
        head, extra = type(self).__name__, self.extra_repr()
        inner = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in named(nearest(self), Walked)]
        if not inner:
            return f"{head}({extra})"
        return "\n  ".join([f"{head}(", *([extra] if extra else []), *inner]) + "\n)"


_KEPT = (Tensor, list, tuple, dict)
_VALUES = (np.ndarray, np.generic, int, float, complex)
_ABSENT = {
    "bfloat16": "model.half() or model.float(): NumPy has no bfloat16",
    "compile": "step = ag.compile(model), and call that",
    "share_memory": "model.state_dict() to another process: memory is not shared",
    "to_empty": "model.to(dtype)",
    "get_extra_state": "self.register_buffer(name, tensor) for what is saved besides parameters",
    "set_extra_state": "self.register_buffer(name, tensor) for what is loaded besides parameters",
    "register_backward_hook": "model.register_full_backward_hook(hook)",
    **dict.fromkeys(
        (
            "register_state_dict_pre_hook", "register_state_dict_post_hook", "register_load_state_dict_pre_hook",
            "register_load_state_dict_post_hook",
        ),
        "def state_dict(self, **kwargs): or def load_state_dict(self, state_dict, **kwargs): in a class of your own",
    ),
} | dict.fromkeys(("cuda", "xpu", "ipu", "mtia"), "model without it, or model.cpu(): the processor is the one device")
"""What to write in the place of what PyTorch's modules have."""
