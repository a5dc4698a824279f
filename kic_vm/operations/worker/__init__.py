# SPDX-License-Identifier: Apache-2.0
"""Jobs of kic-vm-worker."""
