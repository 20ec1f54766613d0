"""Methods that bring back what a smaller network lost, without labels."""
