# SPDX-License-Identifier: Apache-2.0
"""The WSGI middleware: one concern per file. kic_vm.deploy puts them in order."""
