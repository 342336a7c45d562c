"""Fetching as production does it, against a real server; only where connections end is ours."""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
import threading

import pytest
import trustme

from newsletter.fetching import (
    PICTURES,
    Fetcher,
    FetchError,
    ForbiddenAddressError,
    StatusError,
    UnreachableError,
    UnwelcomeError,
)
from newsletter.fetching.connecting import target_of
from newsletter.fetching.fetcher import LARGEST, MOST_REDIRECTS
from tests.newsletter.fetching.web_server import PUBLIC, ROBOT, Answer, WebServer, web_server


def leads_to(url: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": url})


def test_a_page_comes_with_where_it_was_in_the_end(web: WebServer) -> None:
    web.answers["/a?b=%C3%A5"] = leads_to("/nyheter#topp")
    web.answers["/nyheter"] = Answer(body=b"<h1>Nyheter</h1>")

    page = web.fetcher().fetch("http://www.example.org/a?b=å#x")

    assert page.content == b"<h1>Nyheter</h1>"
    assert (page.url, page.media_type) == ("http://www.example.org/nyheter", "text/html")
    assert web.asked == [("www.example.org", "/a?b=%C3%A5"), ("www.example.org", "/nyheter")]


def test_we_say_who_we_are_and_whom_to_write_to(web: WebServer) -> None:
    web.answers["/"] = Answer()

    web.fetcher().fetch("http://example.org:8080")

    assert web.headers[0]["User-Agent"] == ROBOT
    assert web.headers[0]["Host"] == "example.org:8080"
    assert not {"Cookie", "Referer", "Authorization"} & set(web.headers[0])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_nothing_inside_our_network_is_asked_by_the_resolver_of_production(
    url: str, web: WebServer
) -> None:
    fetcher = Fetcher(user_agent=ROBOT, connect=web.fetcher()._connect)

    with pytest.raises((ForbiddenAddressError, UnreachableError)):
        fetcher.fetch(url)

    assert web.connected == []


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:a00:1"], ["64:ff9b::7f00:1"], []]
)
def test_every_answer_of_the_dns_must_be_public(web: WebServer, addresses: list[str]) -> None:
    web.names["rebind.example.org"] = addresses

    with pytest.raises(ForbiddenAddressError) as refused:
        web.fetcher().fetch("http://rebind.example.org/")

    assert web.connected == []
    assert refused.value.exit_code == 4


def test_a_redirect_into_our_network_is_not_followed(web: WebServer) -> None:
    web.answers["/"] = leads_to("http://inside.example.org/keys")
    web.names["inside.example.org"] = ["192.168.0.1"]

    with pytest.raises(ForbiddenAddressError, match=r"inside\.example\.org"):
        web.fetcher().fetch("http://www.example.org/")

    assert web.asked == [("www.example.org", "/")]


def test_a_name_is_resolved_once_and_that_very_address_used(web: WebServer) -> None:
    web.answers["/"] = Answer()
    web.names["www.example.org"] = ["93.184.216.35"]

    web.fetcher().fetch("http://www.example.org/")

    assert web.resolved == ["www.example.org"]
    assert web.connected == ["93.184.216.35"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/",
        "http://robin:hemligt@example.org/",
        "http://example.org:25/",
        "http://example.org:0x50/",
        "http://[::1",
        "http:///x",
        "http://" + "a" * 70 + ".example.org/",
    ],
)
def test_only_addresses_of_the_web_are_fetched(url: str, web: WebServer) -> None:
    with pytest.raises(ForbiddenAddressError, match="Nothing was fetched"):
        web.fetcher().fetch(url)

    assert web.resolved == []


def test_line_ends_in_an_address_write_no_header() -> None:
    assert target_of("http://example.org/a b\x00").path == "/a%20b%00"
    assert "\n" not in target_of("http://example.org/a\r\nX: 1").path


def test_redirects_in_circles_end(web: WebServer) -> None:
    web.answers["/"] = leads_to("/")

    with pytest.raises(FetchError, match="more than 5 times"):
        web.fetcher().fetch("http://www.example.org/")

    assert len(web.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize("location", ["", "http://[", "javascript:alert(1)", "file:///etc/passwd"])
def test_redirects_to_what_is_no_page_are_explained(location: str, web: WebServer) -> None:
    web.answers["/"] = leads_to(location)

    with pytest.raises(FetchError, match="Nothing was fetched"):
        web.fetcher().fetch("http://www.example.org/")


@pytest.mark.parametrize("status", [404, 410, 401, 500])
def test_other_answers_are_no_pages(web: WebServer, status: int) -> None:
    web.answers["/"] = Answer(status=status)

    with pytest.raises(StatusError, match=str(status)) as refused:
        web.fetcher().fetch("http://www.example.org/")

    assert refused.value.status == status


def test_a_server_that_asks_for_time_is_left_alone(web: WebServer) -> None:
    web.answers["/"] = Answer(status=429, headers={"Retry-After": "120"})

    with pytest.raises(UnwelcomeError, match="120 s"):
        web.fetcher().fetch("http://www.example.org/")


@pytest.mark.parametrize("kind", ["application/pdf", "image/svg+xml", "", "application/zip"])
def test_what_is_no_page_is_not_read(web: WebServer, kind: str) -> None:
    web.answers["/"] = Answer(body=b"x", headers={"Content-Type": kind})

    with pytest.raises(FetchError, match="of the kind"):
        web.fetcher().fetch("http://www.example.org/")


def test_pictures_come_only_where_pictures_were_asked_for(web: WebServer) -> None:
    web.answers["/"] = Answer(body=b"x", headers={"Content-Type": "image/png"})

    assert web.fetcher().fetch("http://example.org/", kinds=PICTURES).content == b"x"
    with pytest.raises(FetchError, match="of the kind image/png"):
        web.fetcher().fetch("http://example.org/")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * (LARGEST + 1)),
        Answer(
            body=gzip.compress(b"\0" * (LARGEST + 1)),
            headers={"Content-Type": "text/html", "Content-Encoding": "gzip"},
        ),
        Answer(
            body=gzip.compress(b"\0" * 200_000_000, 1)[:900_000],
            headers={"Content-Type": "text/html", "Content-Encoding": "gzip"},
        ),
    ],
    ids=["plain", "packed", "bomb"],
)
def test_no_more_is_read_than_a_page_has(web: WebServer, answer: Answer) -> None:
    web.answers["/"] = answer

    with pytest.raises(FetchError, match="larger than 5 MB"):
        web.fetcher().fetch("http://www.example.org/")


def test_a_packed_page_is_unpacked(web: WebServer) -> None:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
    web.answers["/"] = Answer(body=gzip.compress(b"<h1>Nyheter</h1>"), headers=headers)

    assert web.fetcher().fetch("http://www.example.org/").content == b"<h1>Nyheter</h1>"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x", headers={"Content-Type": "text/html", "Content-Length": "9"}),
        Answer(body=b"nej", headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}),
        Answer(
            body=gzip.compress(b"hejsan" * 99)[:-9],
            headers={"Content-Type": "text/html", "Content-Encoding": "gzip"},
        ),
        Answer(act=lambda connection: connection.close()),
        Answer(act=lambda connection: connection.sendall(b"\xff\x00 hej\r\n\r\n")),
        Answer(
            act=lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000)
        ),
    ],
)
def test_an_answer_that_breaks_off_is_no_page(web: WebServer, answer: Answer) -> None:
    web.answers["/"] = answer

    with pytest.raises(UnreachableError, match="broke off"):
        web.fetcher().fetch("http://www.example.org/")


def test_a_server_that_drips_is_cut_off_in_time(web: WebServer) -> None:
    is_over = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        try:
            while not is_over.wait(0.02):
                connection.sendall(b"x")
        except OSError:
            return

    web.answers["/"] = Answer(act=drip)

    with pytest.raises(UnreachableError, match="takes too long"):
        web.fetcher(longest=0.3).fetch("http://www.example.org/")
    is_over.set()


def test_nobody_there_is_explained(web: WebServer) -> None:
    def nobody(*_: object) -> socket.socket:
        raise ConnectionRefusedError

    def unknown(*_: object) -> list[str]:
        raise socket.gaierror

    with pytest.raises(UnreachableError, match="does not answer"):
        web.fetcher(connect=nobody).fetch("http://www.example.org/")
    with pytest.raises(UnreachableError, match="no server called"):
        web.fetcher(resolve=unknown).fetch("http://www.example.org/")


def test_between_two_requests_to_one_host_there_is_a_pause(web: WebServer) -> None:
    web.answers["/"] = Answer()
    fetcher = web.fetcher()

    fetcher.fetch("http://one.example.org/")
    fetcher.fetch("http://two.example.org/")
    assert web.waited == []
    fetcher.fetch("http://one.example.org/")

    assert len(web.waited) == 1


def test_one_host_is_asked_one_thing_at_a_time(web: WebServer) -> None:
    at_once, most = 0, 0
    counting = threading.Lock()
    is_asked = threading.Event()

    def slowly(connection: socket.socket) -> None:
        nonlocal at_once, most
        with counting:
            at_once += 1
            most = max(most, at_once)
        is_asked.wait(0.05)
        with counting:
            at_once -= 1
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n")

    web.answers["/"] = Answer(act=slowly)
    fetcher = web.fetcher()
    askers = [
        threading.Thread(target=fetcher.fetch, args=("http://www.example.org/",)) for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert len(web.asked) == 4
    assert most == 1


@pytest.mark.parametrize(
    ("rules", "is_read"),
    [
        (Answer(status=404), True),
        (Answer(body=b"User-agent: *\nDisallow: /hemligt"), True),
        (Answer(body=b"User-agent: *\nDisallow: /nyhet"), False),
        (Answer(body=b"User-agent: newsletter\nDisallow: /"), False),
        (Answer(status=503), False),
        (Answer(body=b"\xff\xfe\x00" * 1000), True),
    ],
)
def test_a_program_that_follows_links_obeys_robots_txt(
    web: WebServer, rules: Answer, is_read: bool
) -> None:
    web.answers["/robots.txt"] = rules
    web.answers["/nyhet"] = Answer(body=b"<p>Ja</p>")
    fetcher = web.fetcher()

    assert fetcher.fetch("http://www.example.org/nyhet").content == b"<p>Ja</p>"
    if is_read:
        assert fetcher.fetch("http://www.example.org/nyhet", as_robot=True).content
    else:
        with pytest.raises(UnwelcomeError, match=r"robots\.txt"):
            fetcher.fetch("http://www.example.org/nyhet", as_robot=True)


class TestTls:
    def test_a_protected_page_is_fetched_by_its_name(self) -> None:
        server_side, our_side = self.certificates("www.example.org")

        with web_server(server_side) as web:
            web.answers["/"] = Answer(body=b"<p>Ja</p>")
            page = web.fetcher(tls=our_side).fetch("https://www.example.org/")

        assert page.content == b"<p>Ja</p>"
        assert web.asked == [("www.example.org", "/")]

    @pytest.mark.parametrize("is_trusted", [True, False])
    def test_a_certificate_of_another_or_of_nobody_is_refused(self, is_trusted: bool) -> None:
        server_side, our_side = self.certificates("other.example.org")
        tls = our_side if is_trusted else ssl.create_default_context()

        with web_server(server_side) as web, pytest.raises(UnreachableError, match="certificate"):
            web.fetcher(tls=tls).fetch("https://www.example.org/")

        assert web.asked == []

    def test_a_protected_page_never_leads_to_an_unprotected_one(self) -> None:
        server_side, our_side = self.certificates("www.example.org")

        with web_server(server_side) as web:
            web.answers["/"] = leads_to("http://www.example.org/x")
            with pytest.raises(ForbiddenAddressError, match="not protected"):
                web.fetcher(tls=our_side).fetch("https://www.example.org/")

        assert len(web.asked) == 1

    @staticmethod
    def certificates(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        authority = trustme.CA()
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(server_side)
        our_side = ssl.create_default_context()
        authority.configure_trust(our_side)
        return server_side, our_side


def test_a_moved_page_is_found_by_every_kind_of_redirect(web: WebServer) -> None:
    web.answers["/ny"] = Answer(body=b"x")
    for status in (301, 302, 303, 307, 308):
        web.answers["/"] = leads_to("/ny", status)
        assert web.fetcher().fetch("http://www.example.org/").content == b"x"
    assert status == http.client.PERMANENT_REDIRECT
