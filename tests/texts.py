# SPDX-License-Identifier: Apache-2.0
"""Texts that clients send, and some that no service should get."""

from typing import Final

# Label -> text.
TEXTS: Final = {
    "plain": "plain",
    "one character": "x",
    "numeral": "0",
    "punctuation": "'\"<>&%{}\\;`$!?#*",
    "slashes": "../a//b",
    "accents": "é e\u0301 ñ",
    "Korean": "서버 설명",
    "Korean jamo": "\u1100\u1161",
    "documented length": "가" * 100,
    "longest": "가" * 255,
    "too long": "가" * 256,
    "empty": "",
    "space": " ",
    "spaces around": "  x ",
    "inner spaces": "a  b",
    "text block": "line one\nline two\n",
    "newline": "\n",
    "leading newline": "\nx",
    "Windows line breaks": "a\r\nb\r\n",
    "tab": "a\tb",
    "ideographic space": "a\u3000b",
    "no-break space at the end": "a\u00a0",
    "pictures": "\u240a \u241b \u2409\u241b",
    "mark of ours": "x [kic-vm 1]",
    "NUL": "a\0b",
    "escape": "a\x1b[31mb",
    "C1 control": "a\x85b",
    "zero-width space": "a\u200bb",
    "right-to-left override": "a\u202eb",
    "line separator": "a\u2028b",
    "byte order mark": "\ufeffa",
    "private use": "a\ue000",
    "noncharacter": "a\uffff",
    "emoji": "a\U0001f600",
    "surrogate": "a\ud800",
}
# Those that cannot be a description: no service keeps them all.
NO_DESCRIPTIONS: Final = {
    "too long",
    "NUL",
    "escape",
    "C1 control",
    "zero-width space",
    "right-to-left override",
    "line separator",
    "byte order mark",
    "private use",
    "noncharacter",
    "emoji",
    "surrogate",
}
# Those that cannot be a name.
NO_NAMES: Final = NO_DESCRIPTIONS | {
    "empty",
    "space",
    "spaces around",
    "text block",
    "newline",
    "leading newline",
    "Windows line breaks",
    "tab",
    "ideographic space",
    "no-break space at the end",
}
