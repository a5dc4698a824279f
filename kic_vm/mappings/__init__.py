# SPDX-License-Identifier: Apache-2.0
"""OpenStack resources -> the contract's objects, without I/O. Names change only here."""
