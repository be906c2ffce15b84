"""The methods of the Tensor by subject: functions of NumPy under NumPy's names, and under PyTorch's."""
