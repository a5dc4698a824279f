# SPDX-License-Identifier: Apache-2.0
"""The proof of the ledger: its history of instances against a recorder of Nova's notifications."""
