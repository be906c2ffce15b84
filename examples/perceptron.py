"""The document's perceptron: its formulas run, derived, checked and drawn. The same as ``python -m autograd_lite``.

Read `autograd_lite/apps/perceptron.py`: every step of what this prints is a short function there.
"""

from autograd_lite.apps.perceptron import main

if __name__ == "__main__":
    main()
