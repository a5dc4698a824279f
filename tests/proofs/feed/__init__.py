# SPDX-License-Identifier: Apache-2.0
"""The proof of the event feed: its latency, and many waiting clients."""
