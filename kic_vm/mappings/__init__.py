"""OpenStack resource -> the contract's object; no I/O. Names change here and only here."""
