"""What judges executions: the evaluator, which every witness has to pass, and the brute force behind the tests."""
