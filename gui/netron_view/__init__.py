"""The open model in Netron, on loopback and without a word to the outside."""
