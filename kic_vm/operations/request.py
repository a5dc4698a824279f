"""What operations work with: the caller, OpenStack's services in the caller's name, the tables."""

import copy
import dataclasses
from typing import cast

from oslo_config import cfg
from oslo_policy.policy import Enforcer

from kic_vm import policy
from kic_vm.adapters.connection import Cloud
from kic_vm.adapters.openstack_services import OpenStackServices
from kic_vm.cache import Cache, MemoryCache
from kic_vm.context import RequestContext
from kic_vm.mappings.instances import Translation


@dataclasses.dataclass(frozen=True, slots=True)
class AppState:
    """What one process has and its threads share: configuration, cloud, caches, tables, rules."""

    conf: cfg.ConfigOpts
    cloud: Cloud
    cache: Cache
    local_cache: Cache
    """The cache for values that never change before they expire: a process fetches each once."""
    read_hints: MemoryCache
    """Recent values that let calls start earlier. Each is checked before it is used."""
    translation: Translation
    enforcer: Enforcer


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
        """The same request with the services in the name of the gateway's own user.

        Use it where the gateway needs more rights in OpenStack than the caller has, after the
        access rules have allowed the request. The log still shows the caller's request.
        """
        context = copy.copy(self.context)
        context.auth = self.app_state.cloud.service_auth
        return RequestServices.of(self.app_state, context)

    @property
    def project_id(self) -> str:
        """The project of the caller's token; the only one an operation answers for."""
        return cast("str", self.context.project_id)

    @property
    def user_id(self) -> str:
        """The calling user."""
        return cast("str", self.context.user_id)

    def may(self, rule: str) -> bool:
        """Whether the caller's roles satisfy a rule other than the one of this request.

        :param rule: ``resource:verb``
        """
        return policy.allows(self.app_state.enforcer, f"kic_vm:{rule}", self.context)
