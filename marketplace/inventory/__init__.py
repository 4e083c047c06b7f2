"""Units that can run out: claims and expiring holds in Redis, with their last line of defence in SQL."""
