"""What NumPy can and a Tensor cannot, each with what to write instead."""

UNSUPPORTED: dict[str, str] = {
    "*": "it has no derivative here. Write t.detach().numpy() for its value without a derivative",
}
