# SPDX-License-Identifier: Apache-2.0
"""Errors of OpenStack's services, as the caller gets them."""

from typing import ClassVar

from kic_vm.exceptions.base import KicVmError


class GatewayNotAllowed(KicVmError):
    """The gateway's own user lacks a right in the cloud that this operation needs."""

    status = 502
    code = "gateway_not_allowed"
    sentence = (
        "The gateway's user lacks the roles for this operation: ask the operator of the cloud to "
        "grant them."
    )


class UpstreamError(KicVmError):
    """An OpenStack service failed or returned an invalid response.

    :param service: the service's type in the OpenStack catalog
    """

    status = 502
    code = "upstream_error"
    sentence = "An OpenStack service failed."
    template: ClassVar[str] = "The {service} service failed. Try again later."

    def __init__(self, service: str, message: str | None = None) -> None:
        super().__init__(message or self.template.format(service=service), service=service)


class UpstreamUnavailable(UpstreamError):
    """An OpenStack service is unreachable or overloaded."""

    status = 503
    code = "upstream_unavailable"
    sentence = "An OpenStack service cannot be reached."
    template = "The {service} service cannot be reached at the moment. Try again later."


class UpstreamBusy(UpstreamError):
    """Too many requests wait for an OpenStack service."""

    status = 503
    code = "upstream_busy"
    sentence = "Too many requests wait for an OpenStack service."
    template = (
        "Too many requests wait for the {service} service. Nothing was sent to it. Try again "
        "after the time in the header Retry-After."
    )
    retry_after = 1


class UpstreamTimeout(UpstreamError):
    """An OpenStack service did not answer in time; it may still process the request."""

    status = 504
    code = "upstream_timeout"
    sentence = "An OpenStack service did not answer in time."
    template = "The {service} service did not answer in time. Try again later."
