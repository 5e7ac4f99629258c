"""What a test is to a model."""
