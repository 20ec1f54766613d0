"""What a model is: an ONNX graph in memory, its facts, its edits. Imports nothing of ours but errors."""
