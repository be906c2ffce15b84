"""``python -m autograd_lite``: the main job."""

from autograd_lite.perceptron import main

main()
