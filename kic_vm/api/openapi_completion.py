# SPDX-License-Identifier: Apache-2.0
"""Complete the OpenAPI document for readers and code generators.

The schemas describe what is special about a field. ``fields.yaml`` has the general meaning of all
other fields, in English and Korean.
"""

import copy
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from oslo_config import cfg

from kic_vm import data_files
from kic_vm.api import openapi_errors, openapi_examples, openapi_texts
from kic_vm.api.error_messages import translations
from kic_vm.data_files import DataFileError
from kic_vm.i18n import languages
from kic_vm.i18n.languages import ENGLISH, KOREAN, Language
from kic_vm.lifecycle import check
from kic_vm.lifecycle.table import LifecycleTables

JSON = dict[str, Any]

_FILE: Final = "fields.yaml"
_METHODS: Final = frozenset({"get", "post", "put", "delete", "patch"})
_MATCHING: Final = {
    ENGLISH: "Return only items whose value matches. {}",
    KOREAN: "값이 일치하는 항목만 반환합니다. {}",
}
# Parameters of queries that do not select items by a field.
_NO_FILTERS: Final = frozenset(
    {"limit", "offset", "after", "wait", "start", "end", "group_by", "format"}
)
# Its description is in fields.yaml.
_ACCEPT_LANGUAGE: Final = {
    "name": languages.HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
}
_INSTANCES: Final = ("Instance", "RebuiltInstance", "UpdatedInstance")
_VOLUMES: Final = ("Volume", "ChangedVolume")


@functools.cache
def field_meanings() -> dict[str, dict[str, str]]:
    """Name of a field, or ``Schema.field`` -> language -> meaning.

    :raises DataFileError: the file is missing or invalid; the sentence names the row
    """
    meanings = data_files.read("kic_vm.api", _FILE)
    if not isinstance(meanings, dict):
        raise DataFileError(_FILE, "expected a mapping of fields")
    for name, texts in meanings.items():
        check.meaning(texts, f"{_FILE}, {name}")
    return meanings


def complete(
    document: JSON,
    views: Mapping[tuple[str, str], str],
    lifecycle: LifecycleTables,
    conf: cfg.ConfigOpts,
) -> JSON:
    """Add operation ids, enums of states and the configured limits, in a form for generators.

    :param views: method and path -> Flask's endpoint, ``noun.view``
    """
    document["servers"] = [{"url": "/"}]
    ids = _operation_ids(views)
    for path, method, operation in operations(document):
        operation["operationId"] = ids[method.upper(), path]
    _list_states(document, lifecycle)
    _limit_as_configured(document, conf)
    _make_portable(document)
    return document


def described(document: JSON, language: Language) -> JSON:
    """A copy of the document with examples, error responses, and descriptions in one language."""
    document = copy.deepcopy(document)
    translate = translations(language)
    openapi_errors.add_errors(document, operations(document), translate)
    openapi_examples.add_examples(operations(document))
    for _path, _method, operation in operations(document):
        operation.setdefault("parameters", []).append(copy.deepcopy(_ACCEPT_LANGUAGE))
    for schema, name, field in properties(document):
        if "description" not in _without_reference(field):
            _describe(field, _meaning(name, language, schema))
    for path, item in document["paths"].items():
        for parameter in _parameters(item):
            _describe_parameter(parameter, path, language)
    openapi_texts.translate(document, language)
    openapi_errors.add_table(document, translate)
    return document


def operations(document: JSON) -> Iterator[tuple[str, str, JSON]]:
    """Path, method in lower case, and the operation."""
    for path, item in document["paths"].items():
        for method in _METHODS & item.keys():
            yield path, method, item[method]


def properties(document: JSON) -> Iterator[tuple[str, str, JSON]]:
    """Name of the schema, name of the field, and the field."""
    for schema, content in document["components"]["schemas"].items():
        for name, field in content.get("properties", {}).items():
            yield schema, name, field


def _operation_ids(views: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Method and path -> the view's name; with the noun as prefix if views share the name."""
    names = [endpoint.rpartition(".")[2] for endpoint in set(views.values())]
    ids = {}
    for (method, path), endpoint in views.items():
        noun, _dot, name = endpoint.replace("-", "_").rpartition(".")
        ids[method, path] = name if names.count(name) == 1 else f"{noun}_{name}"
    return ids


def _list_states(document: JSON, lifecycle: LifecycleTables) -> None:
    schemas = document["components"]["schemas"]
    for names, table in ((_INSTANCES, lifecycle.instances), (_VOLUMES, lifecycle.volumes)):
        values = sorted(table.by_wire)
        for name in names:
            schemas[name]["properties"]["status"]["enum"] = values


def _limit_as_configured(document: JSON, conf: cfg.ConfigOpts) -> None:
    """Show the maximums that operations check, because the schemas do not know them."""
    schemas = document["components"]["schemas"]
    for schema, name, maximum in (
        ("InstanceCreate", "count", conf.instance.max_count),
        ("VolumeCreate", "size", conf.volume.max_size_gb),
        ("VolumeExtend", "new_size", conf.volume.max_size_gb),
    ):
        schemas[schema]["properties"][name]["maximum"] = maximum


def _make_portable(node: Any) -> None:
    """Remove null defaults and convert patterns to JavaScript's syntax, in a node."""
    if isinstance(node, dict):
        if node.get("default", "") is None:
            del node["default"]
        if isinstance(node.get("pattern"), str):
            node["pattern"] = _portable(node["pattern"])
        for value in node.values():
            _make_portable(value)
    elif isinstance(node, list):
        for value in node:
            _make_portable(value)


def _portable(pattern: str) -> str:
    """Convert a pattern for ``re.match`` to the equivalent for a search."""
    begin = "" if pattern.startswith("^") else "^"
    return begin + pattern.replace("\\A", "").replace("\\Z", "$")


def _without_reference(field: JSON) -> JSON:
    return {} if "$ref" in field else field


def _meaning(name: str, language: str, schema: str = "") -> str:
    meanings = field_meanings()
    known = meanings.get(f"{schema}.{name}") or meanings.get(name)
    return known[language] if known else ""


def _describe(field: JSON, meaning: str) -> None:
    if not meaning:
        return
    if "$ref" in field:  # OpenAPI 3.0 ignores siblings of a reference
        field["allOf"] = [{"$ref": field.pop("$ref")}]
    field["description"] = meaning


def _parameters(item: JSON) -> Iterable[JSON]:
    yield from item.get("parameters", [])
    for method in _METHODS & item.keys():
        yield from item[method].get("parameters", [])


def _describe_parameter(parameter: JSON, path: str, language: str) -> None:
    if "description" in parameter:
        return
    meaning = _meaning(parameter["name"], language, path)
    if meaning and parameter["in"] == "query" and parameter["name"] not in _NO_FILTERS:
        meaning = _MATCHING[language].format(meaning)
    if meaning:
        parameter["description"] = meaning
