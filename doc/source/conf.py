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
