# SPDX-License-Identifier: Apache-2.0
"""The ledger: the periods that an instance spent in each documented state, with evidence."""
