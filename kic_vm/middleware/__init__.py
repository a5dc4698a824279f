"""The WSGI middleware: one concern per file. kic_vm.deploy puts them in order."""
