# SPDX-License-Identifier: Apache-2.0
"""The projects of the replayed OpenStack: copies of one project, with ids of their own.

The answers exist once. The ids in a request are converted to those of the first project, and the
ids in its answer are converted back, so that any number of projects needs little memory and time.
"""

import re
from typing import Final

TOKEN: Final = "replayed"  # noqa: S105 - everybody's

_TOKEN: Final = re.compile(rf"{TOKEN}(?:-(\d+))?")
# The third and the fourth group of each id in the world of the first project, see world.identifier.
_GROUPS: Final = "-4000-8000-"


def token_of(number: int) -> str:
    """The token of a project; projects are numbered from 0 to 4095."""
    return f"{TOKEN}-{number}" if number else TOKEN


def number_of(token: str) -> int:
    """The project of a token; the first project for any token that is not of these."""
    match = _TOKEN.fullmatch(token)
    return int(match[1]) if match and match[1] else 0


class Tenants:
    """Converts requests and answers.

    :param project_id: the id of the first project in all answers
    """

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id

    def project_id(self, number: int) -> str:
        """The id of a project."""
        return f"{number:032x}" if number else self._project_id

    def as_first(self, target: str, number: int) -> str:
        """The target of a request for a project, as for the first project."""
        if not number:
            return target
        converted = target.replace(_groups_of(number), _GROUPS)
        return converted.replace(self.project_id(number), self._project_id)

    def as_own(self, body: bytes, number: int) -> bytes:
        """An answer for the first project, as for another project."""
        if not number:
            return body
        converted = body.replace(_GROUPS.encode(), _groups_of(number).encode())
        return converted.replace(self._project_id.encode(), self.project_id(number).encode())


def _groups_of(number: int) -> str:
    return f"-4{number:03x}-8000-"
