# SPDX-License-Identifier: Apache-2.0
"""One OpenStack service, called on behalf of one caller, with raw JSON both ways."""

import http
from typing import Any, Final

import openstack.exceptions
import orjson
import requests
from keystoneauth1 import exceptions as ksa_exceptions

from kic_vm import exceptions
from kic_vm.adapters import errors, service_user_writes
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.http import direct_reads, outcomes
from kic_vm.adapters.http.current_call import calling
from kic_vm.context import RequestContext, current_record
from kic_vm.metrics import gateway as metrics
from kic_vm.read_log import Read, ReadLog
from kic_vm.tracing import request_trace

JSON = dict[str, Any]

_NOT_FOUND: Final = 404
_SERVER_ERROR: Final = 500
_READS: Final = frozenset({"GET", "HEAD"})
# The exceptions of a call that got no answer.
_FAILURES: Final = (ksa_exceptions.ClientException, openstack.exceptions.SDKException)


class Answer(dict[str, Any]):
    """The JSON object in a service's answer.

    :param is_write: the request was a write
    """

    def __init__(self, service: str, body: JSON, *, is_write: bool = False) -> None:
        super().__init__(body)
        self.service = service
        self._is_write = is_write

    def __getitem__(self, key: str) -> Any:
        """A documented field.

        :raises UpstreamError: the answer lacks it, or it is null
        """
        value = self.get(key)
        if value is None:
            raise _not_understood(self.service, is_write=self._is_write)
        return value


def _is_refused(response: requests.Response, failure: exceptions.KicVmError) -> bool:
    """Whether the service itself has refused a write. A 404 can be that of a proxy."""
    if response.status_code == _NOT_FOUND:
        return not isinstance(failure, exceptions.UpstreamError)
    return response.status_code < _SERVER_ERROR


def _is_performed(response: requests.Response) -> bool:
    """Whether a service answers that it has performed a write.

    A proxy answers 200 with a web page or without a body, too: then the service has not answered.
    """
    if response.status_code == http.HTTPStatus.OK:
        return isinstance(_json_of(response), dict)
    return response.status_code < http.HTTPStatus.MULTIPLE_CHOICES


def _json_of(response: requests.Response) -> Any:
    """The JSON value in an answer; None if there is none."""
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None


def _not_understood(service: str, *, is_write: bool) -> exceptions.KicVmError:
    error = errors.not_understood(service)
    if is_write:
        _leave_open(error)
    return error


def _leave_open(error: exceptions.KicVmError) -> None:
    """Mark a failed write as possibly performed."""
    error.is_outcome_unknown = True
    _note_write(is_outcome_unknown=True)


def _note_write(*, is_outcome_unknown: bool) -> None:
    record = current_record()
    if record is not None:
        record.note_write(is_outcome_unknown=is_outcome_unknown)


class Service:
    """One OpenStack service, called on behalf of one caller.

    :param service: the service's type in the service catalog
    """

    def __init__(self, cloud: Cloud, context: RequestContext, service: str) -> None:
        self._cloud = cloud
        self._context = context
        self._service = service

    @property
    def service(self) -> str:
        """The service's type in the service catalog."""
        return self._service

    def request(
        self,
        method: str,
        path: str,
        *,
        microversion: str | None = None,
        returned: int | None = None,
        is_change: bool = True,
        **kwargs: Any,
    ) -> requests.Response:
        """Send one request.

        :param path: path below the service's versioned endpoint; build it with ``path()``
        :param microversion: the lowest microversion that has the needed fields
        :param returned: an error status that is returned instead of raised
        :param is_change: whether the request changes the project, if it is a write by its method
        :raises KicVmError: the service refused or failed; ``is_outcome_unknown`` is set if a write
            was sent and no complete refusal came back
        """
        if self._context.auth is self._cloud.service_auth:
            service_user_writes.check(self._service, method, path)
        self._context.update_store()  # so that this thread's log lines have the request id
        if method not in _READS:
            project_id = self._context.project_id if is_change else None
            with self._cloud.changing(project_id):
                return self._write(
                    method, path, microversion=microversion, is_change=is_change, **kwargs
                )
        log = self._context.read_log
        if log is None:
            return self._read(method, path, microversion, returned, **kwargs)
        if (
            method != "GET"
            or kwargs
            or returned is not None
            or self._context.auth is self._cloud.service_auth
        ):
            log.note_more()
            return self._read(method, path, microversion, returned, **kwargs)
        return self._read_for_list(log, path, microversion)

    def _read(
        self, method: str, path: str, microversion: str | None, returned: int | None, **kwargs: Any
    ) -> requests.Response:
        try:
            with calling(self._service):
                endpoint = self._cloud.endpoint(self._service, self._context)
                response = self._send(method, path, endpoint, microversion, **kwargs)
        except _FAILURES as error:
            raise errors.from_exception(self._service, error) from error
        if response.status_code >= 400 and response.status_code != returned:
            raise errors.from_response(self._service, response)
        return response

    def _read_for_list(
        self, log: ReadLog, path: str, microversion: str | None
    ) -> requests.Response:
        """The answer to a GET on which a recent list depends; the log notes it."""
        read = Read(self._service, path, microversion)
        response = log.take(read)
        if response is None:
            try:
                response = self._read("GET", path, microversion, None)
            except exceptions.KicVmError:
                log.note_more()  # the caller may use the failure
                raise
        log.note(read, response)
        return response

    def _write(
        self,
        method: str,
        path: str,
        *,
        microversion: str | None = None,
        is_change: bool = True,
        **kwargs: Any,
    ) -> requests.Response:
        """Send a write, and note its outcome if it changes something.

        It was performed or refused, or the outcome is unknown; see KicVmError.is_outcome_unknown.
        After an unexpected exception, it is unknown, too.
        """
        if self._context.idempotent_request is not None and is_change:
            self._context.idempotent_request.check_write()
        try:
            response = self._send_once(
                method, path, microversion=microversion, is_change=is_change, **kwargs
            )
        except exceptions.KicVmError:
            raise
        except Exception:
            if is_change:
                _note_write(is_outcome_unknown=True)
            raise
        if is_change:
            _note_write(is_outcome_unknown=False)
        return response

    def _send_once(
        self, method: str, path: str, *, microversion: str | None, is_change: bool, **kwargs: Any
    ) -> requests.Response:
        """The answer to a write that was performed.

        A redirect is not followed: the service may have performed the write before it redirects.

        :raises KicVmError: it was not, or the outcome is unknown
        """
        once = {"connect_retries": 0, "status_code_retries": 0, "redirect": False}
        try:
            with calling(self._service):
                endpoint = self._cloud.endpoint(self._service, self._context)
                response = self._send(method, path, endpoint, microversion, **once, **kwargs)
        except _FAILURES as error:
            failure = errors.from_exception(self._service, error)
            if is_change and outcomes.may_have_arrived(error):
                _leave_open(failure)
            raise failure from error
        if response.status_code >= 400:
            failure = errors.from_response(self._service, response)
            if is_change and not _is_refused(response, failure):
                _leave_open(failure)
            raise failure
        if not _is_performed(response):
            raise _not_understood(self._service, is_write=is_change)
        return response

    def _send(
        self, method: str, path: str, endpoint: str | None, microversion: str | None, **kwargs: Any
    ) -> requests.Response:
        """The answer of the service, whatever its status.

        :raises keystoneauth1.exceptions.ClientException: there is no answer
        :raises openstack.exceptions.SDKException: there is no answer
        """
        with (
            request_trace.calling(path, metrics.template),
            metrics.UpstreamCall(self._service, method, path) as call,
        ):
            response = None
            if method == "GET" and endpoint and not kwargs:
                response = self._get_directly(endpoint, path, microversion)
            if response is None:
                response = self._cloud.adapter(self._service).request(
                    path,
                    method,
                    auth=self._cloud.auth_for(self._context),
                    endpoint_override=endpoint,
                    microversion=microversion,
                    global_request_id=self._context.request_id,
                    raise_exc=False,
                    **kwargs,
                )
            call.status = response.status_code
        return response

    def _get_directly(
        self, endpoint: str, path: str, microversion: str | None
    ) -> requests.Response | None:
        """The answer to a GET by ``direct_reads``; None if keystoneauth must send it (again)."""
        tokens = self._cloud.headers_for(self._context)
        if tokens is None:
            return None
        headers = direct_reads.headers(self._service, microversion, self._context.request_id)
        url = endpoint.rstrip("/") + path
        return direct_reads.get(self._cloud.session, self._cloud.http, url, tokens | headers)

    def json(self, method: str, path: str, **kwargs: Any) -> Answer:
        """Send one request and read the JSON object in its answer.

        :raises KicVmError: as ``request``, or the answer is not a JSON object
        """
        is_write = method not in _READS and kwargs.get("is_change", True)
        response = self.request(method, path, **kwargs)
        body = _json_of(response)
        if not isinstance(body, dict):
            raise _not_understood(self._service, is_write=is_write)
        answer = Answer(self._service, body, is_write=is_write)
        record = current_record()
        if record is not None:
            record.answers.append(answer)
        return answer
