"""Files of arrays: `save` and `load`, which `autograd_lite` has by name."""

from autograd_lite.saving.files import load, save

__all__ = ["load", "save"]
