"""Pages of the documentation, held against what they describe."""
