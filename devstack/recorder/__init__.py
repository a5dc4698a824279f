"""Records the documented states of instances, as real Nova goes through them."""
