"""Models as files of ONNX, which other programs and other machines run."""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.onnx.exporting import export as export

__all__ = ["export"]

_LATER = placed({"exporting": "export"})

if not TYPE_CHECKING:
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
