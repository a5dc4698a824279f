# SPDX-License-Identifier: Apache-2.0
"""The services of one cloud, called on behalf of one caller."""

from kic_vm.adapters.block_storage import BlockStorage
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.identity import Identity
from kic_vm.adapters.image import Image
from kic_vm.adapters.network import Network
from kic_vm.adapters.service import Service
from kic_vm.context import RequestContext


class OpenStackServices:
    """Compute, block storage, image, network and identity; cheap to create."""

    def __init__(self, cloud: Cloud, context: RequestContext) -> None:
        self.compute = Compute(cloud, context, "compute")
        self.block_storage = BlockStorage(cloud, context, "block-storage")
        self.identity = Identity(cloud, context, "identity")
        self.image = Image(cloud, context, "image")
        self.network = Network(cloud, context, "network")

    def of(self, service: str) -> Service:
        """The service with this type in the service catalog."""
        own: tuple[Service, ...] = (
            self.compute,
            self.block_storage,
            self.identity,
            self.image,
            self.network,
        )
        return next(one for one in own if one.service == service)
