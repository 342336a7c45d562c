from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from newsletter.rendering.inlining import inlined

PAGE = """<!doctype html><html><head><title>x</title>{head}</head><body>{body}</body></html>"""


@pytest.fixture
def spy() -> Iterator[tuple[str, list[str]]]:
    """A web server of our own, its address, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css")
            self.end_headers()
            self.wfile.write(b"p { color: red }")

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched_for_a_sheet(spy: tuple[str, list[str]]) -> None:
    address, asked = spy
    head = (
        f'<link rel="stylesheet" href="{address}/link.css">'
        f'<style>@import url("{address}/page.css"); p {{ margin: 0 }}</style>'
        f'<style>@import "{address}/plain.css";</style>'
    )
    css = f'@import url("{address}/inline.css"); p {{ color: #123456 }}'

    html = inlined(PAGE.format(head=head, body="<p>x</p>"), css)

    assert asked == []
    assert 'style="color:#123456"' in html


def test_the_spy_would_have_noticed(spy: tuple[str, list[str]]) -> None:
    import urllib.request

    address, asked = spy

    urllib.request.urlopen(f"{address}/x").read()  # noqa: S310

    assert asked == ["/x"]


@pytest.mark.parametrize("doctype", ["<!doctype html>", "<!DOCTYPE html>"])
def test_the_doctype_stays_whatever_its_case(doctype: str) -> None:
    page = PAGE.format(head="", body="").replace("<!doctype html>", doctype)

    assert inlined(page, "").startswith("<!DOCTYPE html>")


def test_sheets_in_the_page_stay_as_they_are() -> None:
    sheet = (
        "@media (max-width: 479px) { .x { width: 50% !important } }\n"
        "[data-ogsc] .x { color: #fff !important }\n"
        "@supports (display: grid) { p { color: rgb(0 0 0 / 50%) } }"
    )
    head = f'<style type="text/css">{sheet}</style><style media="screen">p {{}}</style>'

    html = inlined(PAGE.format(head=head, body='<p class="x">y</p>'), "p { margin: 0 }")

    assert f'<style type="text/css">{sheet}</style><style media="screen">p {{}}</style>' in html
    assert "data-premailer" not in html


def test_classes_stay_for_the_rules_of_the_page() -> None:
    html = inlined(PAGE.format(head="", body='<p class="x">y</p>'), ".x { margin: 0 }")

    assert '<p class="x" style="margin:0">' in html


def test_slots_and_conditional_comments_stay() -> None:
    body = (
        '<!--[if mso | IE]><table role="presentation"><tr><td><![endif]-->'
        '<a href="https://example.org/avsluta/NLSLOTTOKENX">åäö 👋 &amp; &lt;b&gt;</a>'
        "<!--[if mso | IE]></td></tr></table><![endif]-->"
    )

    html = inlined(PAGE.format(head="<!--[if !mso]><!--><!--<![endif]-->", body=body), "")

    assert body in html
    assert "<!--[if !mso]><!--><!--<![endif]-->" in html


def test_colours_keep_six_digits() -> None:
    html = inlined(PAGE.format(head="", body="<p>x</p>"), "p { color: #FFFFFF }")

    assert "#FFFFFF" in html
