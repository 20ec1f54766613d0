"""The data set: attach it, see it as the network does, choose preprocessing."""
