"""Writing a file for a runtime, and its proof."""
