"""Instance creation: the checks, then one call to Nova."""
