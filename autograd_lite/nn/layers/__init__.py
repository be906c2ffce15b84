"""Layers, a file for each family: their names are those of `autograd_lite.nn`."""

from autograd_lite.nn.layers.activations import ReLU, Sigmoid, Softmax, Tanh
from autograd_lite.nn.layers.containers import Sequential
from autograd_lite.nn.layers.linear import Linear

__all__ = ["Linear", "ReLU", "Sequential", "Sigmoid", "Softmax", "Tanh"]
