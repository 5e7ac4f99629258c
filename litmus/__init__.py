"""Decides which outcomes of a concurrent program an architecture allows."""

__version__ = "0.1.0"
