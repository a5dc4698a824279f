"""Jobs of kic-vm-worker."""
