"""For testers and for showing: a demo world made by code, and the levers that no production run has."""
