"""The operations: their upstream calls, the order of the calls, and the requests they refuse."""
