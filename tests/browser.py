"""Chromium, as Debian has it: the tests download no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.tools import found

#: WCAG 2.2 A and AA, and what axe calls best practice.
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open Chromium."""
    path = found("chromium")
    assert path, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def fetch_nothing(route: Route) -> None:
    """Answer every request with nothing: a mail has no server."""
    route.abort()


def too_small(page: Page, least: int) -> list[str]:
    """Return what one presses or follows that is less than `least` pixels high or wide."""
    targets = page.locator("button:not(.hidden), summary, select, a.button, nav a")
    return targets.evaluate_all(  # type: ignore[no-any-return]
        """(targets, least) => targets
            .map(target => [target.textContent.trim(), target.getBoundingClientRect()])
            .filter(([, box]) => box.width > 1 && Math.min(box.width, box.height) < least)
            .map(([name, box]) => `${name} ${box.width} x ${box.height}`)""",
        least,
    )


def apart(work: Callable[[], Any]) -> None:
    """Do something in a thread of its own: where Playwright works, a loop is running already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


def broken_rules(page: Page, *rules: str) -> list[str]:
    """Return the accessibility rules that a page breaks, of some or of all, and where.

    The page alone: what stands in its frames is another one's.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # What was found right is long, and nobody reads it.
    options = {"iframes": False, "resultTypes": ["violations"], "runOnly": rules or AXE_RULES}
    return page.evaluate(  # type: ignore[no-any-return]
        """async (options) => (await axe.run(document, options)).violations.flatMap(
            ({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
                `${id} at ${target}: ${failureSummary}`))""",
        options,
    )
