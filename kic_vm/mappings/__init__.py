"""OpenStack resources -> the contract's objects, without I/O. Names change only here."""
