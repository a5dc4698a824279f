# SPDX-License-Identifier: Apache-2.0
"""The table of error rules: read from ``rules.yaml``, checked when the process starts.

The order of the rules does not matter. Each rule has examples of the messages that it matches, and
no other rule may match these examples. A rule without a message is the default for its answer.
"""

import dataclasses
import functools
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import marshmallow as ma
from oslo_log import log as logging

from kic_vm import data_files, exceptions
from kic_vm.adapters import quotas
from kic_vm.data_files import DataFileError
from kic_vm.exceptions import FieldErrorCode

LOG = logging.getLogger(__name__)

FILE: Final = "rules.yaml"
SERVICES: Final = ("compute", "block-storage", "image", "network", "identity")
# The operations that have rules of their own; all other rules are for any operation of a service.
ISSUE_TOKEN: Final = "issue-token"  # noqa: S105 - the name of an operation
OPERATIONS: Final = (ISSUE_TOKEN,)
ERRORS: Final[dict[str, type[exceptions.KicVmError]]] = {
    error.__name__: error
    for error in (
        exceptions.AlreadyExists,
        exceptions.AlreadyUnderWay,
        exceptions.ChangedMeanwhile,
        exceptions.Conflict,
        exceptions.Forbidden,
        exceptions.InvalidRequest,
        exceptions.QuotaExceeded,
        exceptions.Unauthorized,
        exceptions.UnsupportedMediaType,
    )
}
_FIGURES: Final = frozenset({"quota", "requested", "used", "limit"})


class ErrorTableError(DataFileError):
    """The table is not valid; the message names the rule."""

    def __init__(self, problem: str) -> None:
        super().__init__(FILE, problem)


class _RuleSchema(ma.Schema):
    """A row of ``rules.yaml``."""

    service = ma.fields.String(required=True, validate=ma.validate.OneOf(SERVICES))
    operation = ma.fields.String(load_default=None, validate=ma.validate.OneOf(OPERATIONS))
    status = ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(400, 599))
    message = ma.fields.String(load_default="")
    unless = ma.fields.String(load_default=None)
    error = ma.fields.String(required=True, validate=ma.validate.OneOf(list(ERRORS)))
    field = ma.fields.String(load_default=None)
    field_code = ma.fields.Enum(FieldErrorCode, by_value=True, load_default=None)
    sentence = ma.fields.String(load_default=None)
    dotted = ma.fields.Boolean(load_default=False)
    quota = ma.fields.String(load_default=None)
    examples = ma.fields.List(ma.fields.String(), load_default=list)


@dataclasses.dataclass(frozen=True, slots=True)
class ErrorRule:
    """One rule: a service's message, and the error for the caller."""

    service: str
    operation: str | None
    """The only operation that the rule is for, if that has rules of its own."""
    status: int
    message: re.Pattern[str]
    """The pattern that the service's message must contain; empty for the default rule."""
    unless: re.Pattern[str] | None
    """A pattern that the message must not contain."""
    error: type[exceptions.KicVmError]
    field: str | None
    """The field that is wrong, with groups as in ``sentence``; None for no or no known field."""
    field_code: FieldErrorCode | None
    """What is wrong with the field, or with the request; None if the error is not a 400."""
    sentence: str | None
    """The sentence for the caller; ``{1}``, ... are groups of ``message``. None for a quota."""
    is_dotted: bool
    """Whether slashes in these groups become dots, because the groups are paths of fields."""
    quota: str | None
    """The quota that is used up, if the message does not name it."""
    examples: tuple[str, ...]

    def match(self, message: str) -> re.Match[str] | None:
        """The match in a service's message, if the rule applies to it."""
        if self.unless is not None and self.unless.search(message):
            return None
        return self.message.search(message)

    def error_for(self, match: re.Match[str]) -> exceptions.KicVmError:
        """The error for the caller."""
        if self.sentence is not None:
            groups = match.groups()
            if self.is_dotted:
                groups = tuple(group.replace("/", ".") for group in groups)
            return self._refusal(*groups)
        figures = match.groupdict()
        quota = figures.pop("quota", self.quota)
        return exceptions.QuotaExceeded(
            quota=quotas.name_of(self.service, quota) if quota else None,
            **{name: int(figure) for name, figure in figures.items()},
        )

    def _refusal(self, *groups: str) -> exceptions.KicVmError:
        sentence = (self.sentence or "").format("", *groups)
        if self.field_code is None:
            return self.error(sentence)
        if self.field is None:
            return exceptions.InvalidRequest(sentence, self.field_code)
        return exceptions.InvalidField(self.field.format("", *groups), sentence, self.field_code)


class Answer(NamedTuple):
    """What an answer to a request is, besides its message."""

    service: str
    operation: str | None
    """The operation, if it has rules of its own."""
    status: int


class ErrorTable:
    """All rules, by the answers that they are for.

    :raises ErrorTableError: two rules match the same message, or a rule does not match its example
    """

    def __init__(self, rules: Iterable[ErrorRule]) -> None:
        self.rules = tuple(rules)
        self._by_answer: dict[Answer, list[ErrorRule]] = {}
        self._defaults: dict[Answer, ErrorRule] = {}
        for rule in self.rules:
            self._add(rule)
        for rule in self.rules:
            for example in rule.examples:
                self._check_example(rule, example)

    def _add(self, rule: ErrorRule) -> None:
        answer = Answer(rule.service, rule.operation, rule.status)
        if rule.message.pattern:
            self._by_answer.setdefault(answer, []).append(rule)
        elif answer in self._defaults:
            raise ErrorTableError(f"There are two rules without a message for {answer}.")
        else:
            self._defaults[answer] = rule

    def _check_example(self, rule: ErrorRule, example: str) -> None:
        matching = self._matching(Answer(rule.service, rule.operation, rule.status), example)
        if rule not in matching:
            raise ErrorTableError(f"{_described(rule)} does not match its example {example!r}.")
        for other in matching:
            if other is not rule:
                raise ErrorTableError(
                    f"{_described(rule)} and {_described(other)} both match {example!r}: give one "
                    "of them an unless."
                )

    def _matching(self, answer: Answer, message: str) -> list[ErrorRule]:
        return [rule for rule in self._by_answer.get(answer, ()) if rule.match(message)]

    def find(
        self, service: str, status: int, message: str, operation: str | None = None
    ) -> exceptions.KicVmError | None:
        """The error for a service's message; None if the table has none for it.

        If several rules match, only the default rule for the answer applies.

        :param operation: the operation, if it has rules of its own
        """
        answer = Answer(service, operation, status)
        matching = self._matching(answer, message)
        if len(matching) > 1:
            rules = " and ".join(_described(rule) for rule in matching)
            LOG.warning("Several error rules are for one message: %s", rules)
        rule = matching[0] if len(matching) == 1 else self._defaults.get(answer)
        match = rule.match(message) if rule else None
        return rule.error_for(match) if rule and match else None


def _described(rule: ErrorRule) -> str:
    return f"the rule {rule.service} {rule.status} {rule.message.pattern!r}"


def read_rules(data: Any) -> list[ErrorRule]:
    """Parse and check each rule in the loaded data.

    :raises ErrorTableError: a rule is not valid
    """
    if not isinstance(data, list):
        raise ErrorTableError("The table of error rules is a list.")
    return [_read_rule(row, number) for number, row in enumerate(data, 1)]


def _read_rule(row: Any, number: int) -> ErrorRule:
    where = f"Rule {number} ({row.get('message') if isinstance(row, dict) else row!r})"
    try:
        loaded: dict[str, Any] = _RuleSchema().load(row)
        message = re.compile(loaded["message"], re.IGNORECASE)
        unless = re.compile(loaded["unless"], re.IGNORECASE) if loaded["unless"] else None
    except ma.ValidationError as error:
        raise ErrorTableError(f"{where}: {error.messages}") from error
    except re.error as error:
        raise ErrorTableError(f"{where}: {error}") from error
    kind = ERRORS[loaded["error"]]
    _check_words(where, loaded, kind, message)
    return ErrorRule(
        loaded["service"],
        loaded["operation"],
        loaded["status"],
        message,
        unless,
        kind,
        loaded["field"],
        loaded["field_code"],
        loaded["sentence"],
        loaded["dotted"],
        loaded["quota"],
        tuple(loaded["examples"]),
    )


def _check_words(
    where: str, row: dict[str, Any], kind: type[exceptions.KicVmError], message: re.Pattern[str]
) -> None:
    is_quota = kind is exceptions.QuotaExceeded
    if is_quota == (row["sentence"] is not None):
        raise ErrorTableError(f"{where}: a quota has no sentence, every other error has one.")
    if (kind is exceptions.InvalidRequest) != (row["field_code"] is not None):
        raise ErrorTableError(f"{where}: an InvalidRequest has a field_code, no other error has.")
    if row["field"] is not None and row["field_code"] is None:
        raise ErrorTableError(f"{where}: only an InvalidRequest has a field.")
    if row["message"] and not row["examples"]:
        raise ErrorTableError(f"{where}: give an example of the message.")
    if is_quota and not message.groupindex.keys() <= _FIGURES:
        raise ErrorTableError(f"{where}: the groups of a quota are {sorted(_FIGURES)}.")
    try:
        for text in (row["field"], row["sentence"]):
            (text or "").format("", *[""] * message.groups)
    except (IndexError, KeyError, ValueError) as error:
        raise ErrorTableError(
            f"{where}: the sentence or field names a group that is not there."
        ) from error


@functools.cache
def load_table() -> ErrorTable:
    """The table of this release.

    :raises DataFileError: the file is missing or the table is not valid
    """
    return ErrorTable(read_rules(data_files.read("kic_vm.adapters.errors", FILE)))
