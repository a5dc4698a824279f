"""Failures of OpenStack's services become errors of the gateway here.

* ``rules.yaml``: which message of which service means which error, and the sentence for the caller.
* ``table``: reads and checks the rules, and finds the one for a message.
* ``translation``: the error for an answer, and for a call without an answer.
"""

from kic_vm.adapters.errors.translation import (
    from_exception,
    from_keystone,
    from_response,
    message_of,
    not_understood,
)

__all__ = ["from_exception", "from_keystone", "from_response", "message_of", "not_understood"]
