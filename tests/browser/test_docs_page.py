# SPDX-License-Identifier: Apache-2.0
"""A person opens /docs, gets a token, and tries operations.

``KIC_VM_PICTURES`` names a directory for pictures of the page.
"""

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.functional.client import Client, Gateway

PICTURES = os.environ.get("KIC_VM_PICTURES")
SECONDS = 60


def wait(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], Any]) -> Any:
    """What the condition gives, once it gives anything."""
    return WebDriverWait(browser, SECONDS).until(condition)


def picture(browser: webdriver.Chrome, name: str, operation: str | None = None) -> None:
    """Keep a picture of the window, or of the response to an operation, if pictures are asked for.

    The request is not in the picture of a response, because it has the token.
    """
    if not PICTURES:
        return
    path = str(Path(PICTURES) / f"{name}.png")
    if operation is None:
        browser.save_screenshot(path)
    else:
        selector = f'[id$="-{operation}"] .live-responses-table'
        browser.find_element(By.CSS_SELECTOR, selector).screenshot(path)


def messages(browser: webdriver.Chrome) -> list[str]:
    """Errors in the console, but for answers of 400 and above that a test asks for."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]
    ]


def sign_in(browser: webdriver.Chrome, credential: dict[str, str]) -> str:
    """Ask for a token; what the page says then."""
    for field in ("id", "secret"):
        element = browser.find_element(By.ID, f"credential-{field}")
        element.clear()
        element.send_keys(credential[field])
    result = browser.find_element(By.ID, "sign-in-result")
    before = result.text
    browser.find_element(By.CSS_SELECTOR, "#sign-in button").click()
    wait(browser, lambda _: result.text != before)
    text: str = result.text
    return text


def attempt(browser: webdriver.Chrome, operation: str, body: Any = None) -> str:
    """Open an operation by its id, send it, and give the status that is shown."""
    block = browser.find_element(By.CSS_SELECTOR, f'[id$="-{operation}"]')
    browser.execute_script("arguments[0].scrollIntoView()", block)
    if "is-open" not in block.get_attribute("class"):
        block.find_element(By.CSS_SELECTOR, ".opblock-summary-control").click()
    if body is not None:
        area = block.find_element(By.CSS_SELECTOR, "textarea.body-param__text")
        area.clear()
        area.send_keys(json.dumps(body))
    clear = block.find_elements(By.CSS_SELECTOR, ".btn-clear") if body is not None else []
    for button in clear:
        button.click()
    block.find_element(By.CSS_SELECTOR, ".execute").click()
    shown = ".live-responses-table tbody .response-col_status"
    return str(wait(browser, lambda _: block.find_element(By.CSS_SELECTOR, shown).text)).strip()


def open_tags(browser: webdriver.Chrome, *tags: str) -> None:
    """Show the operations of some tags."""
    for tag in tags:
        browser.find_element(By.CSS_SELECTOR, f'[data-tag="{tag}"]').click()


@pytest.fixture(scope="module")
def page(browser: webdriver.Chrome, gateway: Gateway) -> webdriver.Chrome:
    """The page, loaded."""
    browser.get(f"{gateway.url}/docs")
    wait(browser, lambda one: one.find_elements(By.CSS_SELECTOR, ".opblock-tag"))
    return browser


def test_story(page: webdriver.Chrome, member: Client, standalone: Path) -> None:
    """Signing in, listing instances, creating a keypair, and an error that says what to do."""
    credential = json.loads((standalone / "app-credential.json").read_text())
    picture(page, "docs-opened")
    refused = sign_in(page, credential | {"secret": "wrong"})
    assert refused.startswith("No token: ")
    said = sign_in(page, credential)
    assert said.startswith("Signed in to the project ")
    open_tags(page, "instances", "keypairs")
    assert attempt(page, "list_instances") == "200"
    picture(page, "docs-instances", "list_instances")
    keypair = {"keypair": {"name": f"docs-{uuid.uuid4().hex[:8]}"}}
    assert attempt(page, "create_keypair", keypair) == "201"
    assert member.delete(f"/api/v1/keypairs/{keypair['keypair']['name']}") == 204
    assert attempt(page, "create_keypair", {"keypair": {}}) == "400"
    picture(page, "docs-error", "create_keypair")
    assert messages(page) == []
