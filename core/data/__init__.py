"""Data sets, preprocessing, splits and tasks: everything that feeds a model or judges its outputs."""
