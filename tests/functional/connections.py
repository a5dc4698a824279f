# SPDX-License-Identifier: Apache-2.0
"""The services of an SDK's connection, in the versions that the clouds of the tests have."""

from typing import cast

from openstack.block_storage.v3 import _proxy as block_storage_v3
from openstack.connection import Connection
from openstack.identity.v3 import _proxy as identity_v3
from openstack.image.v2 import _proxy as image_v2

BlockStorage = block_storage_v3.Proxy
Identity = identity_v3.Proxy
Image = image_v2.Proxy


def identity(connection: Connection) -> Identity:
    """Keystone, version 3."""
    return cast("Identity", connection.identity)


def image(connection: Connection) -> Image:
    """Glance, version 2."""
    return cast("Image", connection.image)


def block_storage(connection: Connection) -> BlockStorage:
    """Cinder, version 3."""
    return cast("BlockStorage", connection.block_storage)


def user_id(connection: Connection) -> str:
    """The id of the user who has logged in."""
    found = connection.current_user_id
    assert found
    return found


def project_id(connection: Connection) -> str:
    """The id of the project that the user has logged in to."""
    found = connection.current_project_id
    assert found
    return found
