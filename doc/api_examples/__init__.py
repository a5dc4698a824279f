# SPDX-License-Identifier: Apache-2.0
"""The examples of the API reference, recorded from a running gateway through real calls."""
