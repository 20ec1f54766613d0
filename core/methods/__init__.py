"""What can be done to a model: one file a method, found by core.methods.method.load_methods."""
