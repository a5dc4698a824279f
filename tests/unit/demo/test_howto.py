# SPDX-License-Identifier: Apache-2.0
"""The lines to copy and paste."""

import configparser
import subprocess

from demo import howto
from demo.place import Place

from tests.unit.demo.conftest import Told


def test_the_commands_are_valid_shell(place: Place) -> None:
    """From the token to the OpenAPI document."""
    text = howto.text(place, "http://127.0.0.1:8788")
    commands = text[text.index("# a token") : text.index("The gateway's log")]
    subprocess.run(["bash", "-n"], input=commands, text=True, check=True)
    assert f'open("{place.directory}/app-credential.json")' in commands


def test_the_token_is_taken_from_the_answers_header(place: Place, told: Told) -> None:
    """With nothing but curl, python3 and sed; here curl is left out of the pipe."""
    text = howto.text(place, told.url)
    script = text[text.index("# a token") : text.index("# the instances")]
    fake = (
        "curl() { cat >/dev/null; printf 'HTTP/1.1 201\\r\\nX-Subject-Token: abc\\r\\n\\r\\n'; }\n"
    )
    ended = subprocess.run(
        ["bash", "-ec", fake + script + "\nprintf '[%s]' \"$TOKEN\""],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "[abc]"


def test_page_for_a_browser(place: Place) -> None:
    """The address of the API's page."""
    text = howto.text(place, "http://127.0.0.1:8788")
    assert "In a browser:         http://127.0.0.1:8788/docs\n" in text


def test_the_configuration_is_valid_and_whole(place: Place) -> None:
    """Both users' logins and the zones, nothing indented."""
    text = howto.text(place, "http://127.0.0.1:8788")
    lines = text[text.index("[api]") : text.index("and start it")]
    parser = configparser.ConfigParser()
    parser.read_string(lines)
    assert parser.sections() == ["api", "keystone_authtoken", "service_user", "availability_zones"]
    assert parser["service_user"]["username"] == parser["keystone_authtoken"]["username"]
    assert not any(line.startswith(" ") for line in lines.splitlines())
