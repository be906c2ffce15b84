"""``python -m autograd_lite``: the main job; ``check path.py:f`` checks gradients, ``doctor`` says what computes."""

import sys

from autograd_lite import doctor
from autograd_lite.check import command
from autograd_lite.perceptron import main

if sys.argv[1:2] == ["check"]:
    sys.exit(command.main(sys.argv[2:]))
if sys.argv[1:2] == ["doctor"]:
    sys.stdout.write(doctor.report() + "\n")
else:
    main()
