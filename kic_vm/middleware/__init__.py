"""The gate: one concern a file; kic_vm.deploy puts them in order."""
