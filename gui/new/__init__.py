"""The dialog that makes a reference network."""
