"""Icons, the bundled sample, reference figures: data only."""
