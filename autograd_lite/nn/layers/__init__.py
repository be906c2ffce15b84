"""Layers, a file for each family: their names are those of `autograd_lite.nn`."""
