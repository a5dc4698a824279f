# SPDX-License-Identifier: Apache-2.0
"""The proxies that put faults between the gateway and its neighbours."""
