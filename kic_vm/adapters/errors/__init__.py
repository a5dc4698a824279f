# SPDX-License-Identifier: Apache-2.0
"""Translate failures of OpenStack's services into errors of the gateway.

* ``rules.yaml``: the error and the sentence for the caller, for each message of each service.
* ``table``: reads and checks the rules, and finds the rule for a message.
* ``absence``: the service's own answers of 404.
* ``translation``: the error for an answer, and for a call without an answer.
"""

from kic_vm.adapters.errors.absence import message_of_absence
from kic_vm.adapters.errors.table import ISSUE_TOKEN
from kic_vm.adapters.errors.translation import (
    from_exception,
    from_keystone,
    from_response,
    from_rule,
    not_understood,
)

__all__ = [
    "ISSUE_TOKEN",
    "from_exception",
    "from_keystone",
    "from_response",
    "from_rule",
    "message_of_absence",
    "not_understood",
]
