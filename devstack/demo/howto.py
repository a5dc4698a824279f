# SPDX-License-Identifier: Apache-2.0
"""How to go on after the story: lines to copy and paste."""

from .place import Place

LOGIN = """\
auth_type = password
auth_url = https://keystone.example.org/v3
username = kic-vm
password = ...
project_name = service
user_domain_name = Default
project_domain_name = Default
"""

TEXT = """\
OpenStack and the gateway are still running. From the repository's directory, with curl:

# a token, from the application credential of the member
TOKEN=$(python3 -c 'import json; print(json.dumps({{"auth": {{"identity": {{
    "methods": ["application_credential"],
    "application_credential": json.load(open("{credential}"))}}}}}}))' |
  curl -s -D - -o /dev/null -H 'Content-Type: application/json' -d @- \\
    {gateway}/identity/v3/auth/tokens |
  tr -d '\\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p')

# the instances of the project; the flavors
curl -s -H "X-Auth-Token: $TOKEN" {gateway}/api/v1/instances | python3 -m json.tool
curl -s -H "X-Auth-Token: $TOKEN" {gateway}/api/v1/flavors | python3 -m json.tool

# the lifecycle table: every state, whether it is billed, what may be done there
curl -s {gateway}/api/v1/lifecycle | python3 -m json.tool --no-ensure-ascii
{venv}/bin/kic-vm-manage lifecycle --format table

# the health of every service; all operations as OpenAPI
curl -s {gateway}/readiness | python3 -m json.tool
curl -s {gateway}/openapi.json | python3 -m json.tool

The gateway's log:    {log}
In a browser:         {gateway}/docs
To play it again:     make demo
To stop everything:   make demo-stop

To put the gateway before a cloud of your own, write my-cloud.conf (README.rst tells more, and
{configuration} is a complete example):

[api]
port = {port}

[keystone_authtoken]
www_authenticate_uri = https://keystone.example.org/v3
{login}service_type = kic-vm
service_token_roles_required = true

[service_user]
{login}
[availability_zones]
zones = kr-central-2-a:nova

and start it:

{venv}/bin/kic-vm-api --config-file my-cloud.conf
curl -s http://127.0.0.1:{port}/readiness"""


def text(place: Place, gateway: str) -> str:
    """What to print in the end."""
    return TEXT.format(
        gateway=gateway,
        login=LOGIN,
        port=place.gateway_port + 1,  # the demo's gateway may still be there
        credential=place.shown(place.directory / "app-credential.json"),
        venv=place.shown(place.venv),
        log=place.shown(place.log),
        configuration=place.shown(place.configuration),
    )
