# SPDX-License-Identifier: Apache-2.0
"""The YAML files of the package, and the error for a file that cannot be used."""

import importlib.resources
from typing import Any

import yaml


class StartError(Exception):
    """The gateway cannot start; the sentence says why."""


class DataFileError(StartError):
    """A file of the package is missing, not readable or invalid.

    :param where: the file, and the row if it is known, such as
        ``instance_states.yaml, state Active``
    :param problem: what is wrong with it
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")


def read(package: str, name: str) -> Any:
    """The content of a YAML file as plain, unchecked data.

    :param package: the package that has the file
    :raises DataFileError: the file is missing or is not YAML
    """
    try:
        text = importlib.resources.files(package).joinpath(name).read_text("utf-8")
    except OSError as error:
        raise DataFileError(name, f"not readable in {package}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataFileError(name, f"not readable as UTF-8: {error}") from error
    return parse(text, name)


def parse(text: str, where: str) -> Any:
    """The plain data in this YAML text.

    :raises DataFileError: the text is not YAML, or a mapping has a key twice
    """
    try:
        return _UniqueKeyLoader(text).get_single_data()
    except yaml.YAMLError as error:
        raise DataFileError(where, f"not readable as YAML: {error}") from error


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys; the default loader keeps the last one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _value in node.value]
        for key, _value in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(
                    "while reading a mapping",
                    node.start_mark,
                    f"the key {key.value!r} is given twice",
                    key.start_mark,
                )
        return super().construct_mapping(node, deep)
