# SPDX-License-Identifier: Apache-2.0
"""The operations: their upstream calls, the order of the calls, and the requests they refuse."""
