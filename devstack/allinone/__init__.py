# SPDX-License-Identifier: Apache-2.0
"""A real all-in-one OpenStack on the loopback interface of one small machine."""
