"""Events and trips: the seats of a seat plan, and the places of its standing areas."""
