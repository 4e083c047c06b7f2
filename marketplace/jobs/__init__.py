"""Work that runs by itself. Every job is one call into a room; `schedule.py` says which recur."""
