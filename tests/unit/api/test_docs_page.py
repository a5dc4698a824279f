# SPDX-License-Identifier: Apache-2.0
"""/docs: the page, its files, and what it may load."""

import re

import pytest

from tests.unit.conftest import Caller
from tests.unit.envelope import refusal


def test_page(anybody: Caller) -> None:
    """The page needs no token, and loads only files that the gateway itself serves."""
    response = anybody.get("/docs")
    assert response.status_code == 200
    assert response.content_type.startswith("text/html")
    page = response.get_data(as_text=True)
    names = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(names) == 4
    for name in names:
        file = anybody.get(f"/{name}")
        assert file.status_code == 200
        assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "http" not in page.replace("<!DOCTYPE html>", "")


def test_policy(anybody: Caller) -> None:
    """The browser is told to load and to call nothing else."""
    policy = anybody.get("/docs").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self'"


@pytest.mark.parametrize("name", ["index.html", "__init__.py", "swagger-ui.js"])
def test_other_files(anybody: Caller, name: str) -> None:
    """Nothing but the files of the page is served."""
    assert anybody.get(f"/docs/{name}").status_code in {401, 404}


class TestOff:
    """[api] docs = false."""

    @pytest.fixture
    def options(self) -> str:
        return "[api]\ndocs = false\n"

    @pytest.mark.parametrize("path", ["/docs", "/docs/page.js"])
    def test_no_page(self, anybody: Caller, path: str) -> None:
        """The operator can switch the page off."""
        refusal(anybody.get(path), 404, "no_such_path")
