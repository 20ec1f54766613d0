"""Methods that place quantization nodes."""
