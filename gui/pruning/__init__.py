"""What the window shows of pruning: channel groups, locks, and a preview on the graph."""
