"""Kernel C on one architecture: lowers its primitives to operations, and writes these as assembly."""
