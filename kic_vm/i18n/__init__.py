# SPDX-License-Identifier: Apache-2.0
"""Languages: which one a client prefers, and the catalogs of translated sentences."""
