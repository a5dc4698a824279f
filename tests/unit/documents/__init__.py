# SPDX-License-Identifier: Apache-2.0
"""Pages of the documentation, held against what they describe."""
