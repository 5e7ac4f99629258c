"""Explains a verdict: an execution with the outcome, and the cycles by which it violates axioms."""
