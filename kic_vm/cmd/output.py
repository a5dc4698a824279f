# SPDX-License-Identifier: Apache-2.0
"""The formats in which kic-vm-manage prints data for programs."""

import argparse
import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

TABLE: Final = "table"
JSON: Final = "json"
CSV: Final = "csv"
FORMATS: Final = (TABLE, JSON, CSV, "yaml")


def add_format(parser: argparse.ArgumentParser, *more: str) -> None:
    """Add ``--format`` to a subcommand.

    :param more: formats of this subcommand only
    """
    parser.add_argument(
        "--format",
        choices=(*FORMATS, *more),
        default=TABLE,
        help=f"output format (default: {TABLE}, for people)",
    )


def render(form: str, document: Any, rows: Iterable[Mapping[str, Any]]) -> str:
    """The result of a subcommand as JSON, CSV or YAML.

    :param document: the whole result, for JSON and YAML
    :param rows: the same as rows with the same columns, for CSV
    """
    if form == JSON:
        return json.dumps(document, indent=2, ensure_ascii=False)
    if form == "yaml":
        text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        return text.rstrip("\n")
    return _csv(list(rows))


def _csv(rows: list[Mapping[str, Any]]) -> str:
    file = io.StringIO()
    if rows:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file.getvalue().rstrip("\n")
