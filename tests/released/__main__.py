# SPDX-License-Identifier: Apache-2.0
"""``python -m tests.released 1.2.3``: record the OpenAPI document of this tree for a release."""

import argparse
import json

from tests.released import current, path_of


def main() -> None:
    """Write the file of the release."""
    parser = argparse.ArgumentParser(prog="python -m tests.released", description=__doc__)
    parser.add_argument("version", help="the version to be released, such as 1.2.3")
    path = path_of(parser.parse_args().version)
    text = json.dumps(current(), indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
