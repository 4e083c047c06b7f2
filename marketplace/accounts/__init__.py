"""People: accounts, shops, log-in sessions, and the Actor (who is asking, and what they may)."""
