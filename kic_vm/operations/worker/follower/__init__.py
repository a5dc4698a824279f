# SPDX-License-Identifier: Apache-2.0
"""The follower records the state changes of the whole cloud as events."""
