"""Acts that make no model but find something out about one."""
