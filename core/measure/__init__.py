"""Cost, accuracy, latency, fidelity: every figure with its provenance."""
