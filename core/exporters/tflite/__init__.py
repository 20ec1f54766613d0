"""Our own direct ONNX to TFLite writer."""
