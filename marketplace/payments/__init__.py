"""Payments: taking money and giving it back, through whichever provider the wiring has chosen.

A payment is one attempt to pay for one booking. The provider is called between two transactions, never inside one,
under a key that was stored before the call; what it says comes back as a snapshot that only moves the payment forward.
"""
