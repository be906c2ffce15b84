"""The engine: operations, the recorded graph, and the sweeps over it. It knows no rule and no Tensor."""
