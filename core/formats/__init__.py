"""What can be opened: one file a format."""
