"""Quantization in the window: how tensors of a layer are stored, another choice for some layers, ranges before it."""
