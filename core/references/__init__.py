"""Networks to work with and to compare with: the only place where networks are built, cited figures beside each."""
