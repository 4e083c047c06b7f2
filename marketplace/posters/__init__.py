"""Poster art for listings that have no picture of their own."""
