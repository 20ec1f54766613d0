"""What a window without a project shows."""
