"""The dialog in which a method is set up."""
