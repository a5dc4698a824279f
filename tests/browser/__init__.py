"""The page /docs in a real browser."""
