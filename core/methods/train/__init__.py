"""Methods that train a network from its first weights."""
