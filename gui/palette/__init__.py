"""The command palette: every act of the window by its name."""
