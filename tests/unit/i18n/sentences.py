# SPDX-License-Identifier: Apache-2.0
"""Every sentence of the code that an error can contain, as the catalogs of translations name it.

A sentence is a string that ends with a period. A value that the code inserts becomes a placeholder
with a name from its expression: ``f"There is no zone {zone['name']}."`` is the sentence ``There is
no zone {name}.``. The path of a field before a sentence is not a part of it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import polib
from marshmallow import fields

import kic_vm
from kic_vm.adapters.errors.table import load_table
from tests.unit.schema_classes import request_schemas

_ROOT: Final = Path(kic_vm.__file__).parent
# Where errors for callers come from; the other packages talk to operators and developers.
_PACKAGES: Final = (
    "adapters",
    "api",
    "exceptions",
    "mappings",
    "middleware",
    "operations",
    "schemas",
    "server",
    "idempotent_request.py",
)
# Errors and reports that only operators and developers read, and texts that are not errors.
_OTHERS: Final = (
    "adapters/errors/table",
    "api/openapi",
    "mappings/instance_faults",
    "mappings/instance_logs",
    "middleware/metrics_port",
    "operations/checks",
    "operations/worker",
    "schemas/secrets",
)
# The attributes of marshmallow's validators that contain sentences.
_MESSAGES: Final = (
    "default_message",
    "error",
    "message_all",
    "message_equal",
    "message_max",
    "message_min",
)
_FIELD: Final = re.compile(r"(?:\{\w+\}|[A-Za-z_])[\w-]*(?:\.[\w:{}-]+)*: (?=.)")
# Arguments and calls with texts for the OpenAPI document, such as docstrings of generated classes.
_DESCRIBING: Final = frozenset({"metadata", "description", "UsageTime", "type"})


def everywhere() -> dict[str, str]:
    """Sentence -> where it comes from."""
    return in_schemas() | in_rules() | in_code() | {"(and {count} more)": "field_errors.summary"}


def entries_in_file() -> int:
    """The number of entries in the Korean catalog, the unfinished ones included."""
    return len(polib.pofile(str(_ROOT / "locale/ko/LC_MESSAGES/kic_vm.po")))


def in_schemas() -> dict[str, str]:
    """Sentence of marshmallow about a request -> a schema that can cause it."""
    return {
        sentence: schema.__name__
        for schema in request_schemas()
        for sentence in (
            *schema().error_messages.values(),
            *(text for field in schema().load_fields.values() for text in _of_field(field)),
        )
    }


def _of_field(field: fields.Field[Any]) -> Iterator[str]:
    yield from map(str, field.error_messages.values())
    for validator in field.validators:
        for name in _MESSAGES:
            if text := getattr(validator, name, None):
                yield text
    if isinstance(field, fields.List):
        yield from _of_field(field.inner)


def in_code() -> dict[str, str]:
    """Sentence -> a file and line that has it."""
    sentences: dict[str, str] = {}
    for name in _PACKAGES:
        path = _ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            place = str(file.relative_to(_ROOT))
            if not place.startswith(_OTHERS):
                for text, line in _sentences(ast.parse(file.read_text("utf-8"))):
                    sentences.setdefault(without_field(text.strip()), f"{place}:{line}")
    return sentences


def in_rules() -> dict[str, str]:
    """Sentence of ``rules.yaml`` -> the rule that has it."""
    return {
        without_field(re.sub(r"\{(\d)\}", r"{value_\1}", rule.sentence)): rule.message.pattern
        for rule in load_table().rules
        if rule.sentence
    }


def without_field(sentence: str) -> str:
    """A sentence without the path of the field that it is about."""
    match = _FIELD.match(sentence)
    return sentence[match.end() :] if match else sentence


def _sentences(tree: ast.AST) -> Iterator[tuple[str, int]]:
    if _is_other_text(tree):
        return
    if isinstance(tree, ast.Constant | ast.JoinedStr):
        text = _text(tree)
        if re.search(r"\w.* .*[\w)}]\.$", text, re.DOTALL):
            yield text, tree.lineno
        return
    for child in _children(tree):
        yield from _sentences(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Dict):
        yield from ast.iter_child_nodes(node)
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if not (isinstance(key, ast.Constant) and key.value in _DESCRIBING):
            yield value


def _is_other_text(node: ast.AST) -> bool:
    """Whether a node contains no sentence for callers: a log line, a docstring, a description."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="LOG"))):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.keyword(arg=name):
            return name in _DESCRIBING
    return False


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    """The text with placeholders; empty for a number."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    text = ""
    names: list[str] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        # Adjacent values are one placeholder.
        elif isinstance(part, ast.FormattedValue) and not text.endswith("}"):
            name = _name(part.value)
            names.append(name)
            count = names.count(name)
            text += "{" + (name if count == 1 else f"{name}_{count}") + "}"
    return text


def _name(value: ast.expr) -> str:
    """The name of a placeholder: the last name in the expression."""
    if isinstance(value, ast.Call) and value.args:  # ', '.join(names), len(names)
        return _name(value.args[-1])
    if isinstance(value, ast.Subscript):
        return _name(value.value if isinstance(value.slice, ast.Slice) else value.slice)
    if isinstance(value, ast.Attribute):
        return value.attr.strip("_").lower()
    if isinstance(value, ast.Constant):
        return str(value.value) if str(value.value).isidentifier() else "value"
    return value.id.strip("_").lower() if isinstance(value, ast.Name) else "value"
