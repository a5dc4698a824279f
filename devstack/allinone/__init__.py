"""A real all-in-one OpenStack on the loopback interface of one small machine."""
