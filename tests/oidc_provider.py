"""A provider of OpenID Connect on loopback: checks what it is asked, and can be made to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "newsletter", "a secret of the tests"
_KEY = RSAKey.generate_key(2048, {"kid": "first"}, auto_kid=False)
#: What is not the provider's: a token signed with it proves nothing.
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first"}, auto_kid=False)


@dataclass
class OidcProvider:
    """What it knows, and how it lies."""

    issuer: str = ""
    #: What its tokens are dated by.
    now: Callable[[], float] = time.time
    #: Who is signed in there.
    claims: dict[str, Any] = field(default_factory=dict)
    #: Given the claims of a token, returns what is signed instead.
    lie: Callable[[dict[str, Any]], dict[str, Any]] = dict
    key: Any = field(default=None)
    algorithm: str = "RS256"
    #: Answers instead of the usual ones, by path: status and bytes.
    instead: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    #: What userinfo tells besides.
    userinfo: dict[str, Any] = field(default_factory=dict)
    #: Paths that were asked for.
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
        }

    def consent(self, url: str) -> str:
        """Return where the provider sends the browser that was sent to it."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_hex(8)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return what a code is exchanged for; None: it is not good."""
        asked = self.codes.pop(sent.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(
            hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        ).rstrip(b"=")
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if (
            asked is None
            or challenge.decode() != asked["code_challenge"]
            or sent.get("redirect_uri") != asked["redirect_uri"]
            or authorization.replace("%20", " ") != f"Basic {known}"
        ):
            return None
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
        }
        signed = self.signed(self.lie(claims | self.claims))
        return {"access_token": "t", "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def signed(self, claims: dict[str, Any]) -> str:
        """Return a token; the algorithm "none" means that nobody signs it."""
        header = {"alg": self.algorithm, "kid": "first"}
        if self.algorithm == "none":
            parts = [base64.urlsafe_b64encode(json.dumps(p).encode()) for p in (header, claims)]
            return f"{parts[0].decode().rstrip('=')}.{parts[1].decode().rstrip('=')}."
        return jwt.encode(header, claims, self.key or _KEY, algorithms=[self.algorithm])


@contextmanager
def running() -> Iterator[OidcProvider]:
    """Run a provider while the block lasts."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.consent(self.path))
                self.end_headers()
            elif path == "/logout":
                self.answer(200, b"Signed out.")
            elif path == "/keys":
                self.tell(KeySet([_KEY]).as_dict())
            elif path == "/userinfo":
                self.tell({"sub": provider.claims.get("sub")} | provider.userinfo)
            else:
                self.tell(provider.metadata)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token = provider.token(dict(parse_qsl(body)), self.headers.get("Authorization", ""))
            self.tell(token or {"error": "invalid_grant"}, status=200 if token else 400)

        def tell(self, value: object, *, status: int = 200) -> None:
            self.answer(status, json.dumps(value).encode())

        def answer(self, status: int, body: bytes) -> None:
            status, body = provider.instead.get(urlsplit(self.path).path, (status, body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status == 302:
                self.send_header("Location", f"{provider.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
