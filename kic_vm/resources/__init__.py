# SPDX-License-Identifier: Apache-2.0
"""Types of the resources of OpenStack, as its APIs return them.

Each module has the types of one service. A type names the keys that the gateway reads; OpenStack
returns more. A key that is absent in some responses is ``NotRequired``.
"""
