"""The project: revisions, recipes, reports, tensors."""
