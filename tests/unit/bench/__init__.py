# SPDX-License-Identifier: Apache-2.0
"""The bench: what it serves, and what it makes of figures."""
