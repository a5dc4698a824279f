"""Creating instances: what is checked first, and the one call to Nova."""
