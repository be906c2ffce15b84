"""Rows of histograms: by the weights, and by the samples where edges are taken from those."""

from __future__ import annotations

import numpy as np

from cases.inputs import P, X, Y, numbers
from cases.table import case

BINS = [[-1.5, -0.52, 0.03, 0.6, 1.5], [-2.0, 0.07, 2.0]]
EDGES = BINS[0]
case(np.histogram, numbers(12), call=lambda w: np.histogram(Y.ravel(), EDGES, weights=w))
case(np.histogram, P, call=lambda w: np.histogram(Y, 4, weights=w, density=True))
case(np.histogram, X, call=lambda x: np.histogram(x, 3))
case(np.histogram, X, P, call=lambda x, w: np.histogram(x, 3, weights=w, density=True))
case(np.histogram, np.array(EDGES), call=lambda e: np.histogram(numbers(4), e, density=True))
case(np.histogram, np.array(-1.3), call=lambda a: np.histogram(numbers(4) + 0 * a, 3, range=(a, 1.3), density=True))
case(np.histogram_bin_edges, X, bins=3)
case(np.histogram_bin_edges, X, bins="sturges")
SAMPLES = X.ravel(), Y.ravel()
case(np.histogram2d, numbers(12), call=lambda w: np.histogram2d(*SAMPLES, BINS, weights=w))
case(np.histogram2d, numbers(5), numbers(5, start=1), call=lambda x, y: np.histogram2d(x, y, 3, density=True)[0])
case(np.histogramdd, numbers(3), call=lambda w: np.histogramdd(X, 2, weights=w)[0])
case(np.histogramdd, X, numbers(3, low=0.5), call=lambda x, w: np.histogramdd(x, 2, weights=w, density=True)[0])
