"""A purchase from check-out to its end: the state machine, cancellation, tickets."""
