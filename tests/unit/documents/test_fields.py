# SPDX-License-Identifier: Apache-2.0
"""The page fields: every field of the contract's answers has its line, and no other has."""

import re
from pathlib import Path

import pytest

from tests.contract import load

PAGE = Path(__file__).parents[3] / "doc/source/reference/fields.rst"
MODEL = re.compile(r"^\.\. (\w+)$", re.MULTILINE)
ROW = re.compile(r"^   \* - ``(\w+)``\n     - (.+)$", re.MULTILINE)
MODELS = load("bcs")["models"] | load("volume")["models"] | load("image")["models"]


def sections() -> dict[str, dict[str, str]]:
    """Model -> field -> source."""
    _head, *parts = MODEL.split(PAGE.read_text())
    return {
        name: dict(ROW.findall(text)) for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize("model", sorted(sections()))
def test_fields(model: str) -> None:
    """The page names exactly the model's fields, each with a source."""
    documented = sections()[model]
    assert documented.keys() == {field["json"] for field in MODELS[model]["fields"]}
    assert all(documented.values())


def test_models() -> None:
    """The page has the models of instances, flavors, keypairs, volumes and images."""
    shown = {name for name in MODELS if "GetInstanceModelInstance" in name}
    shown |= {name for name in MODELS if re.search("GetInstanceTypeModelFlavor|GetKeypair", name)}
    shown |= {name for name in MODELS if re.search("ApiGet(Volume|Snapshot)Model", name)}
    shown |= {"Attachment", "VolumeTypeModel"}
    shown |= {name for name in MODELS if re.search("ApiGetImageModel|SharedProjects", name)}
    nested = {name for name in shown if MODELS[name].get("fields")}
    answers = {name for name in nested if "Response" in name}
    assert nested - answers <= sections().keys()
