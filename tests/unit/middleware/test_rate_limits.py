# SPDX-License-Identifier: Apache-2.0
"""Rate limits: who is limited by what, what a refusal says, and what happens without Redis."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from tests.unit.cloud import Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.metrics.samples import Difference

FLAVORS = "/api/v1/flavors"
KEYPAIRS = "/api/v1/keypairs"
TOKENS = "/identity/v3/auth/tokens"
LOGIN: dict[str, Any] = {"auth": {"identity": {"methods": ["password"]}}}
HERE = {"REMOTE_ADDR": "192.0.2.1"}
POLICY = re.compile(r'"([a-z0-9_]+)";q=(\d+);w=(\d+)')
LIMIT = re.compile(r'"([a-z0-9_]+)";r=(\d+);t=(\d+)')


def limit_of(response: Answer) -> tuple[str, int, int]:
    """Name, quota and remaining requests in the headers of a response with one limit."""
    policy = POLICY.fullmatch(response.headers["RateLimit-Policy"])
    limit = LIMIT.fullmatch(response.headers["RateLimit"])
    assert policy
    assert limit
    assert policy[1] == limit[1]
    assert 1 <= int(limit[3]) <= 2 * int(policy[3])
    return policy[1], int(policy[2]), int(limit[2])


def log_in(caller: Caller, address: str = HERE["REMOTE_ADDR"]) -> Answer:
    """The response to a token request from an address."""
    return caller.post(TOKENS, json=LOGIN, environ_overrides={"REMOTE_ADDR": address})


def validate(caller: Caller, method: str) -> Answer:
    """The response to the validation of a token by a client without a valid one."""
    headers = {"X-Auth-Token": "guessed", "X-Subject-Token": "guessed"}
    return caller.request(method, TOKENS, headers=headers, environ_overrides=HERE)


def refused(response: Answer) -> None:
    """The response is a refusal that says when to try again."""
    assert limit_of(response)[2] == 0
    refusal(response, 429, "too_many_requests")
    assert int(response.headers["Retry-After"]) >= 1


class TestDefault:
    """Only token requests are limited by default."""

    def test_tokens(self, anybody: Caller, cloud: Cloud) -> None:
        """The 301st token request within a minute is refused, and Keystone is not asked."""
        cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
        for remaining in (299, 298):
            response = log_in(anybody)
            assert response.status_code == 400
            assert limit_of(response) == ("tokens_per_address_60s", 300, remaining)

    def test_others(self, member: Caller, populated: Cloud) -> None:
        """Other requests have no limit, and no headers of one."""
        for path in (FLAVORS, "/healthcheck", "/"):
            response = member.get(path)
            assert response.status_code == 200
            assert "RateLimit" not in response.headers
            assert "RateLimit-Policy" not in response.headers


class TestTokens:
    """A strict limit of token requests."""

    @pytest.fixture
    def options(self) -> str:
        return "[limits]\ntokens_per_address = 2/minute\n"

    def test_refusal(self, anybody: Caller, cloud: Cloud) -> None:
        """Keystone gets no request beyond the limit; another address has its own limit."""
        cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
        limited = Difference("kic_vm_rate_limited_total", limit="tokens_per_address")
        for _ in range(2):
            assert log_in(anybody).status_code == 400
        cloud.forget()
        refused(log_in(anybody))
        assert cloud.requests() == []
        assert limited() == 1
        assert log_in(anybody, "192.0.2.7").status_code == 400

    @pytest.mark.parametrize(
        ("first", "second", "is_same"),
        [
            ("2001:db8::1", "2001:db8::2", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("192.0.2.1", "192.0.2.2", False),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
            ("::ffff:192.0.2.1", "192.0.2.1", True),
            ("203.0.113.9, 192.0.2.1", "198.51.100.3, 192.0.2.1", True),
            ("192.0.2.1, 203.0.113.9", "192.0.2.1, 198.51.100.3", False),
            ("192.0.2.1:4711", "192.0.2.1:4712", True),
            ("192.0.2.1:4711", "192.0.2.2:4711", False),
            ("[2001:db8::1]:4711", "2001:db8::2", True),
            ("[2001:db8::1]", "[2001:db8:0:1::1]", False),
            ("fe80::1%eth0", "fe80::1%eth1", True),
        ],
    )
    def test_addresses(
        self, anybody: Caller, cloud: Cloud, first: str, second: str, is_same: bool
    ) -> None:
        """A network of IPv6 is one client, and so is what the nearest proxy has seen."""
        cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
        for _ in range(2):
            log_in(anybody, first)
        assert (log_in(anybody, second).status_code == 429) is is_same

    @pytest.mark.parametrize("remote", ["", "unix:", "not an address"])
    def test_no_address(self, anybody: Caller, cloud: Cloud, remote: str) -> None:
        """Clients whose addresses cannot be read share one limit, so none can avoid it."""
        cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
        assert log_in(anybody, remote).status_code == 400
        assert log_in(anybody, "_hidden").status_code == 400
        refused(log_in(anybody, remote))
        assert log_in(anybody).status_code == 400

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_validations(self, anybody: Caller, cloud: Cloud, method: str) -> None:
        """They count as token requests, so a flood of guessed tokens does not reach Keystone."""
        cloud.answer("GET", "keystone", "/auth/tokens", {}, 401)
        for _ in range(2):
            assert validate(anybody, method).status_code == 401
        cloud.forget()
        response = validate(anybody, method)
        assert response.status_code == 429
        assert limit_of(response) == ("tokens_per_address_60s", 2, 0)
        assert cloud.requests() == []


class TestValidations:
    """Validations of tokens, if the operator limits reads by address."""

    @pytest.fixture
    def options(self) -> str:
        return "[limits]\ntokens_per_address = 1/minute\nreads_per_address = 2/minute\n"

    def test_limit(self, anybody: Caller, cloud: Cloud) -> None:
        """They have this limit, and leave that of token requests alone."""
        cloud.answer("GET", "keystone", "/auth/tokens", {}, 401)
        cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
        for remaining in (1, 0):
            response = validate(anybody, "GET")
            assert response.status_code == 401
            assert limit_of(response) == ("reads_per_address_60s", 2, remaining)
        refused(validate(anybody, "GET"))
        assert log_in(anybody).status_code == 400


class TestTokensBehindAProxy:
    """A strict limit of token requests behind a proxy."""

    @pytest.fixture
    def options(self) -> str:
        return (
            "[limits]\ntokens_per_address = 2/minute\n"
            "[oslo_middleware]\nenable_proxy_headers_parsing = true\n"
        )

    @pytest.mark.parametrize("forged", ["for=198.51.100.{}", 'for="[2001:db8:{}::1]"', "for=_{}"])
    def test_forwarded(self, anybody: Caller, cloud: Cloud, forged: str) -> None:
        """A client cannot choose its address with Forwarded, which proxies pass on."""
        cloud.answer("POST", "keystone", "/auth/tokens", {}, 401)
        statuses = [
            anybody.post(
                TOKENS,
                json=LOGIN,
                headers={"Forwarded": forged.format(number), "X-Forwarded-For": "192.0.2.1"},
            ).status_code
            for number in range(3)
        ]
        assert statuses == [400, 400, 429]


@pytest.mark.parametrize(
    ("option", "method", "is_shared_by_users", "is_shared_by_projects"),
    [
        ("reads_per_address", "GET", True, True),
        ("writes_per_address", "DELETE", True, True),
        ("reads_per_user", "GET", False, False),
        ("writes_per_user", "DELETE", False, False),
        ("reads_per_project", "GET", True, False),
        ("writes_per_project", "DELETE", True, False),
    ],
)
class TestLimit:
    """Each option limits requests of its kind of one client, and no others."""

    @pytest.fixture
    def options(self, option: str) -> str:
        return f"[limits]\n{option} = 2/hour\n"

    def test_limit(
        self,
        caller: Callable[[str], Caller],
        populated: Cloud,
        option: str,
        method: str,
        is_shared_by_users: bool,
        is_shared_by_projects: bool,
    ) -> None:
        """Users of the project share its limit; the other kind of requests has none."""
        path = FLAVORS if method == "GET" else f"{KEYPAIRS}/no-such-keypair"
        for remaining in (1, 0):
            response = caller("member").request(method, path, environ_overrides=HERE)
            assert response.status_code != 429
            assert limit_of(response) == (f"{option}_3600s", 2, remaining)
        refused(caller("member").request(method, path, environ_overrides=HERE))
        assert (
            caller("admin").request(method, path, environ_overrides=HERE).status_code == 429
        ) is is_shared_by_users
        other = caller("other").request(method, path, environ_overrides=HERE)
        assert (other.status_code == 429) is is_shared_by_projects
        kind = "DELETE" if method == "GET" else "GET"
        opposite = caller("member").request(kind, f"{KEYPAIRS}/none", environ_overrides=HERE)
        assert opposite.status_code != 429
        assert caller("member").get("/healthcheck").status_code == 200


class TestAddressBeforeToken:
    """An address that sends too much."""

    @pytest.fixture
    def options(self) -> str:
        return "[limits]\nreads_per_address = 1/minute;5/hour\n"

    def test_order(self, caller: Callable[[str], Caller], cloud: Cloud) -> None:
        """The token of a refused request is not even validated; each limit has its item."""
        assert caller("unknown").get(FLAVORS, environ_overrides=HERE).status_code == 401
        cloud.forget()
        response = caller("unknown").get(FLAVORS, environ_overrides=HERE)
        refusal(response, 429, "too_many_requests")
        assert cloud.requests() == []
        names = [match[0] for match in POLICY.findall(response.headers["RateLimit-Policy"])]
        assert names == ["reads_per_address_60s", "reads_per_address_3600s"]


class TestRedis:
    """Gateways that share a Redis share the counts."""

    @pytest.fixture
    def options(self) -> str:
        return "[redis]\nurl = redis://redis.test\n[limits]\nreads_per_user = 2/minute\n"

    def test_shared(
        self, elsewhere: Callable[[str], Caller], populated: Cloud, store: FakeRedis
    ) -> None:
        """The third request is refused, whichever process gets it; no user is in a key."""
        for _ in range(2):
            assert elsewhere("member").get(FLAVORS).status_code == 200
        assert elsewhere("member").get(FLAVORS).status_code == 429
        keys = [key for key in store.values if "limits" in key]
        assert keys
        assert all(key.startswith(("kic-vm:limits:", "{kic-vm:")) for key in keys)

    def test_no_redis(
        self, elsewhere: Callable[[str], Caller], populated: Cloud, store: FakeRedis
    ) -> None:
        """While Redis is away, no request fails: each process counts by itself."""
        store.is_down = True
        first = elsewhere("member")
        assert [first.get(FLAVORS).status_code for _ in range(3)] == [200, 200, 429]
        assert elsewhere("member").get(FLAVORS).status_code == 200


@pytest.mark.parametrize("text", ["many", "10", "10/fortnight", "-1/minute", "10/minute;x"])
def test_wrong_limit(conf: cfg.ConfigOpts, config_file: Any, tmp_path: Any, text: str) -> None:
    """What is no rate is refused at start, with an example."""
    path = tmp_path / "wrong.conf"
    path.write_text(f"{config_file.read_text()}\n[limits]\nreads_per_user = {text}\n")
    with pytest.raises(cfg.Error, match=r"\[limits\] reads_per_user: .*such as 20/second"):
        configuration.load(config_file=str(path))
