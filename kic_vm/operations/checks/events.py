# SPDX-License-Identifier: Apache-2.0
"""Check of the event feed: whether a worker follows the changes, and gets notifications."""

import importlib.util
from typing import Final

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.stream import EventStream
from kic_vm.operations.checks.finding import Finding, success, warning
from kic_vm.operations.request import RequestServices

_SETTINGS: Final = {
    "nova": "[notifications] notify_on_state_change = vm_and_task_state, notification_format = "
    "versioned, versioned_notifications_topics = {topics} and [oslo_messaging_notifications] "
    "driver = messagingv2 in nova.conf",
    "cinder": "[oslo_messaging_notifications] driver = messagingv2 and topics = {topics} in "
    "cinder.conf",
}


def follower(gateway: RequestServices) -> Finding:
    """Whether a worker follows the changes, and Nova and Cinder send notifications to it."""
    options, hub = gateway.app_state.conf.history, gateway.app_state.event_hub
    if hub is None:
        return success("There is no event feed: it needs [redis] url.")
    if not options.follow:
        return success("The event feed is turned off by [history] follow.")
    try:
        return _followed(hub.stream, options.gap_after) or (
            _notified(hub.stream, options.topics)
            if options.transport_url
            else success("The changes of the cloud are followed without notifications.")
        )
    except StoreUnavailable:
        return warning("Redis does not answer: the event feed does not work.")


def _followed(stream: EventStream, gap_after: float) -> Finding | None:
    followed = stream.followers.followed_until()
    if followed is None:
        return success(
            "No worker has followed the changes of the cloud yet: start kic-vm-worker for the "
            "event feed."
        )
    if stream.now() - followed > gap_after * 1000:
        return warning(
            "No worker follows the changes of the cloud any more: start kic-vm-worker for the "
            "event feed."
        )
    return None


def _notified(stream: EventStream, topics: list[str]) -> Finding:
    if importlib.util.find_spec("oslo_messaging") is None:
        return warning("[history] transport_url needs a package: pip install kic-vm[notifications]")
    silent = [service for service in _SETTINGS if not stream.followers.is_notified(service)]
    if not silent:
        return success("The changes of the cloud are followed by notifications.")
    missing = "; ".join(_SETTINGS[service].format(topics=",".join(topics)) for service in silent)
    return warning(
        f"No notification from {' and '.join(silent)} has arrived yet, so the worker finds these "
        f"changes only in lists. Set {missing}, and restart the service. This warning also appears "
        "if no resource has changed yet."
    )
