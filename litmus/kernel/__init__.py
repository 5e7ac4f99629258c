"""Kernel C on one architecture: its primitives as operations, and the assembly that they are written as."""
