"""One small function per user act. Each takes the Desk; none knows who called it."""
