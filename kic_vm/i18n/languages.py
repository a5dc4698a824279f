# SPDX-License-Identifier: Apache-2.0
"""The language of a response: the client's preferred one in ``Accept-Language`` (RFC 9110, 12.5.4).

Only the primary subtag counts: ``ko-KR`` is Korean, ``en-GB`` is English.
"""

import typing
from typing import Final

from werkzeug import http
from werkzeug.datastructures import LanguageAccept

HEADER: Final = "Accept-Language"
ENVIRON_KEY: Final = "HTTP_ACCEPT_LANGUAGE"
Language: typing.TypeAlias = typing.Literal["en", "ko"]
ENGLISH: Final = "en"
KOREAN: Final = "ko"
LANGUAGES: Final[tuple[Language, ...]] = (ENGLISH, KOREAN)


def preferred(header: str | None) -> Language:
    """The language that an ``Accept-Language`` header prefers; English if it accepts none of ours.

    :param header: the header's value, None if the request has none
    """
    if not header:
        return ENGLISH
    accepted = http.parse_accept_header(header, LanguageAccept)
    by_primary_subtag = LanguageAccept(
        [(tag.replace("_", "-").partition("-")[0], quality) for tag, quality in accepted]
    )
    is_korean = by_primary_subtag.best_match(LANGUAGES, default=ENGLISH) == KOREAN
    return KOREAN if is_korean else ENGLISH
