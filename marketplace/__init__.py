"""Holdfast: a marketplace for things that run out."""
