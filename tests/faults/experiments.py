# SPDX-License-Identifier: Apache-2.0
"""Experiments with one neighbour at a time: each service, Keystone, and Redis."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import keystoneauth1.session
from keystoneauth1.identity import v3

from tests.faults import kinds, posts, redis_proxy
from tests.faults.lane import UPSTREAM_SECONDS
from tests.faults.posts import Post
from tests.faults.rows import Row, Seen, ask, has_body, has_token, judged, shows_what_was_made
from tests.faults.rules import READS, WRITES, Rule
from tests.faults.workspace import Workspace
from tests.functional.client import Client

JSON = dict[str, Any]

KINDS: Final = (*kinds.KINDS, kinds.REFUSE)
_LATE: Final = {"late", "latency"}
_FLAVORS: Final = "/api/v1/flavors"
_TOKENS: Final = "/identity/v3/auth/tokens"
_CREATES: Final = {
    "compute": "instance",
    "block-storage": "volume",
    "image": "image member",
    "network": "security group",
}
SERVICES: Final = tuple(_CREATES)


def _rule(kind: str, service: str, methods: frozenset[str] | None = None, path: str = "") -> Rule:
    seconds = {"late": UPSTREAM_SECONDS + 3, "latency": UPSTREAM_SECONDS + 3}
    parameters = {"seconds": seconds[kind]} if kind in _LATE else {}
    return Rule(kind, frozenset({service}), methods, path, parameters=parameters)


def _read_paths(work: Workspace, service: str) -> tuple[str, str]:
    """What is read of a service: one item, and the list."""
    match service:
        case "compute":
            kind, item_id = "instances", str(work.server()["id"])
        case "block-storage":
            attached = work.server()["os-extended-volumes:volumes_attached"]
            kind, item_id = "volumes", str(attached[0]["id"])
        case "image":
            kind, item_id = "images", work.lane.project.image_id
        case _:
            kind, item_id = "security-groups", work.group_id
    return f"/api/v1/{kind}/{item_id}", f"/api/v1/{kind}"


def with_service(work: Workspace, service: str, only: tuple[str, ...] = KINDS) -> Iterator[Row]:
    """A get, a list and a create while a service has each kind of fault."""
    item_path, list_path = _read_paths(work, service)
    client = work.lane.client()
    for name, path in (("get", item_path), ("list", list_path)):
        right = has_body(client.get(path))
        for kind in only:
            with work.lane.proxy.fault(_rule(kind, service, READS)):
                seen = ask(client, "GET", path)
            yield judged(service, kind, name, seen, right, service)
    (post,) = (post for post in posts.POSTS if post.name == _CREATES[service])
    for kind in only:
        yield _create(work, post, service, kind)


def _create(work: Workspace, post: Post, service: str, kind: str) -> Row:
    work.restore()
    prepared = post.prepare(work)
    with work.lane.proxy.fault(_rule(kind, service, WRITES)):
        seen = ask(work.lane.client(), "POST", prepared.path, prepared.body)
    work.lane.proxy.wait_until_idle(60)
    return judged(service, kind, f"create: {post.name}", seen, shows_what_was_made, service)


def with_keystone(work: Workspace, only: tuple[str, ...] = KINDS) -> Iterator[Row]:
    """Requests that need Keystone in different ways, while it has each kind of fault."""
    client = work.lane.client()
    right = has_body(client.get(_FLAVORS))
    for kind in only:
        with work.lane.proxy.fault(_rule(kind, "identity")):
            seen = ask(client, "GET", _FLAVORS)
        yield judged("identity", kind, "a token that is known", seen, right, "identity")
    for kind in only:
        fresh = Client(work.lane.gateway.url, _new_token(work))
        with work.lane.proxy.fault(_rule(kind, "identity")):
            seen = ask(fresh, "GET", _FLAVORS)
        yield judged("identity", kind, "a token that is new", seen, right, "identity")
    for kind in only:
        yield _issue(work, kind)
    for kind in only:
        yield from _own_login(work, kind, right)


def _new_token(work: Workspace) -> str:
    """A token of the project's user that nobody has seen."""
    auth = v3.Password(**work.lane.project.login)
    return str(keystoneauth1.session.Session(auth=auth).get_token())


def _issue(work: Workspace, kind: str) -> Row:
    login = work.lane.project.login
    user = {
        "name": login["username"],
        "password": login["password"],
        "domain": {"name": login["user_domain_name"]},
    }
    project = {"name": login["project_name"], "domain": {"name": login["project_domain_name"]}}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }
    }
    with work.lane.proxy.fault(_rule(kind, "identity")):
        seen = ask(Client(work.lane.gateway.url, None), "POST", _TOKENS, body)
    return judged("identity", kind, "a token to issue", seen, has_token, "identity")


def _own_login(work: Workspace, kind: str, right: Callable[[Seen], bool]) -> Iterator[Row]:
    """The caller's token is known, and a new gateway has to log in itself."""
    with work.lane.proxy.fault(_rule(kind, "identity", path=r"/auth/tokens")):
        work.lane.restart_gateway()
        client = work.lane.client()
        seen = ask(client, "GET", _FLAVORS)
    yield judged("identity", kind, "the gateway's own login", seen, right, "identity")
    after = ask(client, "GET", _FLAVORS)
    yield judged("identity", kind, "the next request, without the fault", after, right, None)


def with_redis(work: Workspace, only: tuple[str, ...] = redis_proxy.KINDS) -> Iterator[Row]:
    """A read and a create with a key while Redis has each kind of fault."""
    client = work.lane.client()
    right = has_body(client.get(_FLAVORS))
    for kind in only:
        work.restore()
        before = work.lane.reader.read_settled(30)
        body = {"security_group": {"name": f"faults-{uuid.uuid4().hex[:8]}"}}
        with work.lane.redis_proxy.fault(kind):
            read = ask(client, "GET", _FLAVORS)
            key = {"Idempotency-Key": str(uuid.uuid4())}
            made = ask(client, "POST", "/api/v1/security-groups", body, **key)
        yield judged("Redis", kind, "list", read, right, None)
        count = work.lane.reader.read().difference(before).come["security group"]
        is_refused = made.status == 503 and made.error.get("code") == "idempotency_unavailable"
        yield Row(
            "Redis",
            kind,
            "create with a key",
            "one thing made, or 503 idempotency_unavailable and none",
            f"{made.described()}, {count} made",
            (made.status == 201 and count == 1) or (is_refused and count == 0),
        )
