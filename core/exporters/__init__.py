"""What can be written: one module (or package) a target, each registering itself."""
