# SPDX-License-Identifier: Apache-2.0
"""`make demo`: a real OpenStack, the gateway in front of it, and the life of one machine."""
