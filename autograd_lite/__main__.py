"""``python -m autograd_lite``: the main job; ``python -m autograd_lite check path.py:function``: a gradient check."""

import sys

from autograd_lite.check import command
from autograd_lite.perceptron import main

if sys.argv[1:2] == ["check"]:
    sys.exit(command.main(sys.argv[2:]))
main()
