"""The ledger: the periods that an instance spent in each documented state, with evidence."""
