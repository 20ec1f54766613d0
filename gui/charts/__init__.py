"""Charts painted with the palette's colours."""
