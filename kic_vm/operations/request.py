"""What an operation has at hand: the caller, the services in the caller's name, the tables."""

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
class Platform:
    """What one process has: configuration, cloud, cache, tables, rules; shared by its threads."""

    conf: cfg.ConfigOpts
    cloud: Cloud
    cache: Cache
    near: Cache
    """The same, for what nobody changes before its end: a process fetches it once."""
    hints: MemoryCache
    """What was so a moment ago: it spares waiting where it is right, and is never believed."""
    translation: Translation
    enforcer: Enforcer


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """What one request has; the services act with the caller's own token."""

    platform: Platform
    context: RequestContext
    openstack: OpenStackServices

    @classmethod
    def of(cls, platform: Platform, context: RequestContext) -> "Scope":
        """The scope of a request."""
        return cls(platform, context, OpenStackServices(platform.cloud, context))

    def as_gateway(self) -> "Scope":
        """The same request with the services in the name of the gateway's own user.

        For what a mission of the gateway's needs beyond the caller's power in OpenStack, after
        the rules have let the caller through. In the log it stays the caller's request.
        """
        context = copy.copy(self.context)
        context.auth = self.platform.cloud.service_auth
        return Scope.of(self.platform, context)

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
        return policy.allows(self.platform.enforcer, f"kic_vm:{rule}", self.context)
