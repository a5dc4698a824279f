# SPDX-License-Identifier: Apache-2.0
"""The official Go SDK, unmodified, against the gateway in front of a real OpenStack."""
