"""What an operation means: which calls it makes, in which order, and what it refuses."""
