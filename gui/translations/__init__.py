"""The window's languages: finding the texts, keeping translations of them, choosing one at the start."""
