"""Listings and prices: what is on offer, whatever its kind, and what it says about itself."""
