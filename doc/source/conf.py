# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the documentation."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ext"))

project = "kic-vm"
author = "kic-vm maintainers"
copyright = "kic-vm maintainers"  # noqa: A001 - the name that Sphinx looks for
extensions = [
    "openstackdocstheme",
    "oslo_config.sphinxext",
    "oslo_policy.sphinxext",
    "release_notes",
    "api_reference",
]
root_doc = "index"
exclude_patterns: list[str] = []
pygments_style = "native"
html_theme = "openstackdocs"
html_theme_options = {
    "analytics_tracking_code": "",  # readers are nobody's business
    "root_title": "kic-vm",
    "sidebar_search": True,
}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["kic-vm.css"]
html_show_sourcelink = False
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_bug_project = ""

# sphinx-build -b man: a manual page for each command
man_pages = [
    (f"cli/{command}", command, title, ["kic-vm maintainers"], 8)
    for command, title in (
        ("kic-vm-api", "serve the KakaoCloud VM API on OpenStack"),
        ("kic-vm-manage", "manage the KakaoCloud VM API on OpenStack"),
        ("kic-vm-status", "check the KakaoCloud VM API on OpenStack"),
        ("kic-vm-worker", "run the background jobs of the KakaoCloud VM API on OpenStack"),
    )
]
