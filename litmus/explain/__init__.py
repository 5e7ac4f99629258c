"""What there is to show of a verdict: an execution with the outcome, and the cycles of the axioms that it violates."""
