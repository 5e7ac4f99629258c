"""Which barriers of a program are needed, what is missing, and what the cheapest set of barriers is."""
