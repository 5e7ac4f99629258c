"""Shows what was found out about the barriers of tests."""
