# SPDX-License-Identifier: Apache-2.0
"""The follower: it sees the state changes of the whole cloud, and records them as events."""
