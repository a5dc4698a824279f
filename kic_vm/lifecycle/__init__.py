# SPDX-License-Identifier: Apache-2.0
"""The lifecycle: the documented states for OpenStack's states, and which of them are billed."""
