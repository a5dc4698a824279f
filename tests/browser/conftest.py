# SPDX-License-Identifier: Apache-2.0
"""Debian's chromium, and a gateway on the real services."""

import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.functional.conftest import gateway, member, standalone, start_gateway

__all__ = ["gateway", "member", "standalone", "start_gateway"]


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    """The browser, which keeps what is logged to its console."""
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("Install chromium and chromium-driver")
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    chrome.implicitly_wait(30)
    yield chrome
    chrome.quit()
