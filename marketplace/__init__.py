"""Holdfast: a marketplace for things that run out."""

__version__ = "0.1.0"
