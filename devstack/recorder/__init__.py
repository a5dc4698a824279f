# SPDX-License-Identifier: Apache-2.0
"""Records the documented states of instances, as real Nova goes through them."""
