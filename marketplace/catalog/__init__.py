"""Listings, seat plans, prices, posters: what is on offer, and what it says about itself."""
