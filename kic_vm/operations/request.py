# SPDX-License-Identifier: Apache-2.0
"""What operations work with: the caller, OpenStack's services with its token, the tables."""

import copy
import dataclasses
from typing import cast

from oslo_config import cfg
from oslo_policy.policy import Enforcer

from kic_vm import policy
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.openstack_services import OpenStackServices
from kic_vm.cache.interface import Cache
from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.recent_lists import RecentLists
from kic_vm.context import RequestContext
from kic_vm.events.hub import EventHub
from kic_vm.mappings.instances import Translation


@dataclasses.dataclass(frozen=True, slots=True)
class AppState:
    """The state of one process that its threads share: configuration, caches, tables, rules."""

    conf: cfg.ConfigOpts
    cloud: Cloud
    cache: Cache
    local_cache: Cache
    """The cache for values that do not change before they expire: a process fetches each once."""
    read_hints: MemoryCache
    """Recent values that let calls start earlier. Each value is checked before it is used."""
    recent_lists: RecentLists
    """Complete lists of projects, for clients that accept answers of some age."""
    translation: Translation
    enforcer: Enforcer
    event_hub: EventHub | None
    """The events in Redis, and the requests that wait for them; None without Redis."""


@dataclasses.dataclass(frozen=True, slots=True)
class RequestServices:
    """What an operation uses for one request; the services act with the caller's own token."""

    app_state: AppState
    context: RequestContext
    openstack: OpenStackServices

    @classmethod
    def of(cls, app_state: AppState, context: RequestContext) -> "RequestServices":
        """The services for a request."""
        return cls(app_state, context, OpenStackServices(app_state.cloud, context))

    def as_gateway(self) -> "RequestServices":
        """The same request with the services acting as the gateway's own user.

        Use it when the gateway needs more rights in OpenStack than the caller has, after the
        policy has allowed the request. The log still shows the caller's request.
        """
        context = copy.copy(self.context)
        context.auth = self.app_state.cloud.service_auth
        return RequestServices.of(self.app_state, context)

    @property
    def project_id(self) -> str:
        """The project of the caller's token, the only one that an operation reads or changes."""
        return cast("str", self.context.project_id)

    @property
    def user_id(self) -> str:
        """The calling user."""
        return cast("str", self.context.user_id)

    def may(self, rule: str) -> bool:
        """Whether the caller's roles satisfy another rule than that of this request.

        :param rule: ``resource:verb``
        """
        return policy.allows(self.app_state.enforcer, f"kic_vm:{rule}", self.context)
