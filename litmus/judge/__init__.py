"""Judging executions: the evaluator, which checks every witness, and the brute-force oracle that the tests use."""
