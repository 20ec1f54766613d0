"""Running a model: torch with gradients, onnxruntime and LiteRT without."""
