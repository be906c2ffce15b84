"""``python -m autograd_lite``: the main job; with ``doctor``, a report on what computes here."""

import sys

from autograd_lite import doctor
from autograd_lite.perceptron import main

if sys.argv[1:2] == ["doctor"]:
    sys.stdout.write(doctor.report() + "\n")
else:
    main()
