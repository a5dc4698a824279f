# SPDX-License-Identifier: Apache-2.0
"""A Keystone that fails or answers nonsense: it is named, and nothing is 500."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from keystoneauth1 import access
from keystoneauth1.identity.access import AccessInfoPlugin
from oslo_config import cfg

from kic_vm import deploy, exceptions
from kic_vm.adapters.openstack_services import OpenStackServices
from kic_vm.context import RequestContext
from tests.unit.bodies import body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import TOKENS, token_of
from tests.unit.unreadable_answers import UNREADABLE

JSON = dict[str, Any]

FLAVORS = "/api/v1/flavors"
AUTH = "/identity/v3/auth/tokens"
LOGIN = {"auth": {"identity": {"methods": ["password"]}}}
TOKEN = body("token")["token"]
# What Keystone answers with success, and its API does not document.
NONSENSE: dict[str, JSON] = {
    "html": {"text": "<html><body>It works!</body></html>"},
    "empty": {"text": ""},
    "cut": {"text": '{"token": {"methods": ['},
    "list": {"json": []},
    "text": {"json": "token"},
    "other object": {"json": {"surprise": 1}},
    "no token": {"json": {"token": None}},
    "empty token": {"json": {"token": {}}},
    "no user": {"json": {"token": {k: v for k, v in TOKEN.items() if k != "user"}}},
    "no end": {"json": {"token": {k: v for k, v in TOKEN.items() if k != "expires_at"}}},
    "end that is no time": {"json": {"token": TOKEN | {"expires_at": "soon"}}},
    "catalog that is no list": {"json": {"token": TOKEN | {"catalog": 1}}},
    "roles that are no list": {"json": {"token": TOKEN | {"roles": "member"}}},
}
ANSWERED: dict[str, JSON] = NONSENSE | {
    "500": {"status": 500, "json": {"error": {"code": 500}}},
    "503": {"status": 503, "text": "busy"},
    "404 of a proxy": {"status": 404, "text": "default backend - 404"},
    "redirect to nowhere": {"status": 302, "headers": {"Location": "http://keystone.test/v9"}},
}
LOST: dict[str, type[Exception]] = {
    "refused": requests.exceptions.ConnectionError,
    "truncated": requests.exceptions.ChunkedEncodingError,
    "not decoded": requests.exceptions.ContentDecodingError,
    "certificate": requests.exceptions.SSLError,
}
LATE: dict[str, type[Exception]] = {
    "no connection in time": requests.exceptions.ConnectTimeout,
    "no answer in time": requests.exceptions.ReadTimeout,
}
FAILURES: dict[str, JSON] = (
    ANSWERED | UNREADABLE | {kind: {"exc": error} for kind, error in LOST.items()}
)
IN_TIME = [(kind, failure, 503, "upstream_unavailable") for kind, failure in FAILURES.items()]
TOO_LATE = [(kind, {"exc": error}, 504, "upstream_timeout") for kind, error in LATE.items()]
ALL = [pytest.param(*values, id=kind) for kind, *values in IN_TIME + TOO_LATE]


@pytest.fixture
def stranger(shared_application: Any) -> Caller:
    """A caller whose token nobody has seen."""
    return Caller(shared_application, token_of(str(uuid.uuid4())))


@pytest.fixture
def visitor(shared_application: Any) -> Caller:
    """A caller without a token."""
    return Caller(shared_application, None)


@pytest.mark.parametrize(("failure", "status", "code"), ALL)
def test_validation(
    stranger: Caller, populated: Cloud, failure: JSON, status: int, code: str
) -> None:
    """A token that cannot be validated is nothing that the caller could mend."""
    populated.answer("GET", "keystone", "/auth/tokens", **failure)
    assert refusal(stranger.get(FLAVORS), status, code)["service"] == "identity"
    assert populated.calls() == []


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_not_kept(stranger: Caller, populated: Cloud, kind: str) -> None:
    """The token is validated as soon as Keystone answers again."""
    populated.answer("GET", "keystone", "/auth/tokens", **NONSENSE[kind])
    assert stranger.get(FLAVORS).status_code == 503
    populated.answer("GET", "keystone", "/auth/tokens", TOKENS["member"])
    assert stranger.get(FLAVORS).status_code == 200


def test_answer_about_another_token(stranger: Caller, populated: Cloud) -> None:
    """Nobody gets in as somebody else when Keystone answers about another token."""
    headers = {"X-Subject-Token": token_of("admin")}
    populated.answer("GET", "keystone", "/auth/tokens", body("token"), headers=headers)
    failed = refusal(stranger.get(FLAVORS), 503, "upstream_unavailable")
    assert failed["service"] == "identity"
    assert populated.calls() == []


def test_answer_about_the_token(stranger: Caller, populated: Cloud) -> None:
    """Keystone repeats the token in its answer."""
    headers = {"X-Subject-Token": stranger.token}
    populated.answer("GET", "keystone", "/auth/tokens", body("token"), headers=headers)
    assert stranger.get(FLAVORS).status_code != 503


@pytest.mark.parametrize(("failure", "status", "code"), ALL)
def test_own_login(
    conf: cfg.ConfigOpts, populated: Cloud, failure: JSON, status: int, code: str
) -> None:
    """When the gateway itself cannot log in, it is Keystone that is named, and no other service."""
    app_state = deploy.load_app_state(conf)
    user = access.create(body=TOKENS["member"], auth_token="t")
    services = OpenStackServices(app_state.cloud, RequestContext(auth=AccessInfoPlugin(user)))
    fail_login(populated, failure)
    for call in (services.image.list_images, services.compute.list_flavors):
        with pytest.raises(exceptions.UpstreamError) as caught:
            call()
        assert (caught.value.status, caught.value.code) == (status, code)
        assert caught.value.details == {"service": "identity"}


def fail_login(populated: Cloud, failure: JSON) -> None:
    """Have Keystone answer to logins with a failure."""
    success: JSON = {"headers": {"X-Subject-Token": "t"}, "status": 201}
    is_whole = "exc" in failure or "status_code" in failure
    answer = failure if is_whole else success | failure
    populated.answer("POST", "keystone", "/auth/tokens", **answer)


@pytest.mark.parametrize("failure", [NONSENSE["html"], {"exc": LOST["refused"]}])
@pytest.mark.parametrize("path", ["/api/v1/images", "/api/v1/instances"])
def test_login_between_known_callers(
    caller: Callable[[str], Caller], populated: Cloud, path: str, failure: JSON
) -> None:
    """The same reaches the caller."""
    fail_login(populated, failure)
    failed = refusal(caller("member").get(path), 503, "upstream_unavailable")
    assert failed["service"] == "identity"


def test_own_login_without_token(member: Caller, populated: Cloud) -> None:
    """The header with the token is missing."""
    populated.answer("POST", "keystone", "/auth/tokens", body("token"), 201)
    failed = refusal(member.get(FLAVORS), 503, "upstream_unavailable")
    assert failed["service"] == "identity"


@pytest.mark.parametrize("kind", NONSENSE)
def test_issue(visitor: Caller, populated: Cloud, kind: str) -> None:
    """What is no token is not passed on as one."""
    answer: JSON = {"headers": {"X-Subject-Token": "t"}, "status": 201} | NONSENSE[kind]
    populated.answer("POST", "keystone", "/auth/tokens", **answer)
    failed = refusal(visitor.post(AUTH, json=LOGIN), 502, "upstream_error")
    assert failed["service"] == "identity"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_404_of_a_proxy(visitor: Caller, populated: Cloud, method: str) -> None:
    """Neither a credential nor a token is wrong if Keystone itself has not said so."""
    populated.answer(method, "keystone", "/auth/tokens", status=404, text="default backend - 404")
    headers = {"X-Auth-Token": "t", "X-Subject-Token": "t"} if method == "GET" else {}
    given = {} if method == "GET" else {"json": LOGIN}
    answer = visitor.request(method, AUTH, headers=headers, **given)
    assert refusal(answer, 502, "upstream_error")["service"] == "identity"


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable(visitor: Caller, populated: Cloud, kind: str) -> None:
    """An answer that a library fails to read is a failure of Keystone in both cases."""
    for method in ("POST", "GET"):
        populated.answer(method, "keystone", "/auth/tokens", **UNREADABLE[kind])
    headers = {"X-Auth-Token": "t", "X-Subject-Token": "t"}
    for response in (visitor.post(AUTH, json=LOGIN), visitor.get(AUTH, headers=headers)):
        assert response.status_code in {502, 503}, response.text
        assert response.json["error"]["service"] == "identity"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 201},
        {"status": 200, "headers": {"X-Subject-Token": "t"}},
        {"status": 300, "headers": {"X-Subject-Token": "t"}},
    ],
    ids=["no header", "another status", "choices"],
)
def test_issue_of_no_token(visitor: Caller, populated: Cloud, answer: JSON) -> None:
    """Nor is an answer without the token itself, or with another status."""
    populated.answer("POST", "keystone", "/auth/tokens", body("token"), **answer)
    failed = refusal(visitor.post(AUTH, json=LOGIN), 502, "upstream_error")
    assert failed["service"] == "identity"


@pytest.mark.parametrize("token", ["a\r\n b", "a\nb", "a b", "\xff", ""])
def test_token_that_is_no_header(member: Caller, populated: Cloud, token: str) -> None:
    """It is neither passed on nor kept as the gateway's own token."""
    headers = {"X-Subject-Token": token}
    populated.answer("POST", "keystone", "/auth/tokens", body("token"), 201, headers=headers)
    failed = refusal(member.post(AUTH, json=LOGIN), 502, "upstream_error")
    assert failed["service"] == "identity"
    failed = refusal(member.get(FLAVORS), 503, "upstream_unavailable")
    assert failed["service"] == "identity"
    populated.bring_up_keystone()
    assert member.get(FLAVORS).status_code == 200


@pytest.mark.parametrize("kind", NONSENSE)
def test_passed_validation(visitor: Caller, populated: Cloud, kind: str) -> None:
    """The same counts for the validation of a token that a client asks for."""
    populated.answer("GET", "keystone", "/auth/tokens", **NONSENSE[kind])
    headers = {"X-Auth-Token": "t", "X-Subject-Token": "t"}
    failed = refusal(visitor.get(AUTH, headers=headers), 502, "upstream_error")
    assert failed["service"] == "identity"


def test_passed_validation_of_another_token(visitor: Caller, populated: Cloud) -> None:
    """An answer about another token is not passed on."""
    answer: JSON = {"headers": {"X-Subject-Token": "another"}}
    populated.answer("GET", "keystone", "/auth/tokens", body("token"), **answer)
    headers = {"X-Auth-Token": "t", "X-Subject-Token": "t"}
    refusal(visitor.get(AUTH, headers=headers), 502, "upstream_error")


def tries(populated: Cloud, caller: Callable[[str], Caller]) -> int:
    """How often a token's validation is tried when Keystone refuses connections."""
    assert caller("reader").get(FLAVORS).status_code == 200
    populated.take_down("keystone")
    populated.forget()
    assert caller("member").get(FLAVORS).status_code == 503
    return len(populated.requests())


def test_login_is_tried_once(member: Caller, populated: Cloud) -> None:
    """A Keystone that refuses connections costs one try, also where the gateway must log in."""
    populated.take_down("keystone")
    assert member.get(FLAVORS).status_code == 503
    assert len(populated.requests()) == 1


def test_validation_is_tried_once(populated: Cloud, caller: Callable[[str], Caller]) -> None:
    """The same counts for a token."""
    assert tries(populated, caller) == 1


class TestWithRetries:
    """[keystone_authtoken] http_request_max_retries = 1."""

    @pytest.fixture
    def options(self) -> str:
        return "[keystone_authtoken]\nhttp_request_max_retries = 1"

    def test_validation_is_tried_twice(
        self, populated: Cloud, caller: Callable[[str], Caller]
    ) -> None:
        """An operator can have more tries."""
        assert tries(populated, caller) == 2


@pytest.mark.parametrize(
    ("method", "answer", "words"),
    [
        ("POST", {"body": {}, "status": 401}, "refuses the gateway's own user"),
        ("GET", {"body": {}, "status": 401}, "refuses the gateway's own user"),
        ("GET", {"body": {}, "status": 403}, "refuses the gateway's own user"),
        ("POST", {"exc": LOST["refused"]}, "cannot be reached"),
        ("GET", {"exc": LOST["refused"]}, "cannot be reached"),
    ],
)
def test_refused_or_unreachable(
    caller: Callable[[str], Caller], populated: Cloud, method: str, answer: JSON, words: str
) -> None:
    """Callers learn whether the gateway's user is refused or Keystone cannot be reached."""
    populated.answer(method, "keystone", "/auth/tokens", **answer)
    failed = refusal(caller("member").get(FLAVORS), 503, "upstream_unavailable")
    assert words in failed["message"]
