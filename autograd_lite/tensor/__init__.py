"""The Tensor: what binds the rules to operators, methods and NumPy's protocols."""
