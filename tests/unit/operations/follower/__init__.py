# SPDX-License-Identifier: Apache-2.0
"""The follower, on a faked wire."""
