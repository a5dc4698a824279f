# SPDX-License-Identifier: Apache-2.0
"""The page /docs in a real browser."""
