"""The organisation's own sign-in, by OpenID Connect: the door to Authlib.

The visitor is sent to the provider and comes back with a code; for the code the provider tells who
they are, signed. Nothing of what comes back is believed before it was checked (OpenID Connect
Core 1.0, 3.1.3.7; RFC 9700).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from newsletter.errors import StorageError
from newsletter.settings import OidcSettings
from newsletter.settings.desk import is_safe_url
from newsletter.users.asking import ShortAndSmall, asked, told
from newsletter.users.errand import Errand, ProviderError, UnprovenError

#: Signatures that only the provider can make: no shared secret, and never none.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
#: How far the provider's clock may be from ours.
LEEWAY: Final = timedelta(minutes=1)
#: Where the provider is found is asked again after this; its keys are asked for every time.
_METADATA_KEPT = timedelta(minutes=10)
#: OpenID Connect Core 1.0, 2.
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, as the provider says."""

    #: Issuer and subject: what never changes hands, as an address may (Core 1.0, 5.7).
    account: str
    #: Empty: the provider did not tell.
    address: str
    name: str
    groups: frozenset[str]


class Provider:
    """Sends visitors to the provider, and finds out who came back."""

    def __init__(self, settings: OidcSettings) -> None:
        """Take the provider's address and what it knows us by."""
        self._settings = settings
        self._metadata: tuple[datetime, Mapping[str, Any]] | None = None

    def way_in(self, errand: Errand, *, at: datetime) -> str:
        """Return the address a visitor is sent to. Raises ProviderError."""
        metadata = self._found(at)
        with self._client(metadata, errand) as client:
            url, _ = client.create_authorization_url(
                _endpoint(metadata, "authorization_endpoint"),
                state=errand.state,
                nonce=errand.nonce,
                code_verifier=errand.verifier,
            )
        return str(url)

    def way_out(self, returns_to: str, *, at: datetime) -> str:
        """Return the address where the visitor signs out at the provider as well.

        Raises ProviderError: it cannot be asked, or has no such address (RP-Initiated Logout 1.0).
        """
        endpoint = _endpoint(self._found(at), "end_session_endpoint")
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": returns_to}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def who_came_back(self, errand: Errand, answer: Mapping[str, str], *, at: datetime) -> Identity:
        """Return who somebody is who came back with an answer.

        Raises UnprovenError: the answer is not to this errand, or proves nothing; StoppedError;
        ProviderError.
        """
        code = errand.code_in(answer, issuer=self._settings.issuer)
        metadata = self._found(at)
        with self._client(metadata, errand) as client:
            token = asked(
                client.fetch_token,
                _endpoint(metadata, "token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=errand.verifier,
            )
            keys = _published(_endpoint(metadata, "jwks_uri"))
            claims = self._proven(token, keys, errand, at=at)
            if self._settings.address_claim not in claims and "userinfo_endpoint" in metadata:
                more = told(client.get, _endpoint(metadata, "userinfo_endpoint"))
                if more.get("sub") != claims["sub"]:
                    # Core 1.0, 5.3.2.
                    raise UnprovenError(why="userinfo is about somebody else")
                claims = more | claims
        return self._identity(claims)

    def _proven(
        self, token: Mapping[str, Any], keys: Any, errand: Errand, *, at: datetime
    ) -> dict[str, Any]:
        ours = self._settings
        try:
            decoded = jwt.decode(
                str(token.get("id_token", "")),
                KeySet.import_key_set(keys),
                algorithms=list(ALGORITHMS),
            )
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": ours.issuer},
                    "aud": {"essential": True, "value": ours.client_id},
                },
                params={
                    "nonce": errand.nonce,
                    "client_id": ours.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(at.timestamp()), leeway=int(LEEWAY.total_seconds()))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise UnprovenError(why=f"{type(error).__name__}: {error}") from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise UnprovenError(why="the subject is none")
        return dict(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        ours = self._settings
        address = claims.get(ours.address_claim)
        if ours.address_claim == "email" and claims.get("email_verified") in (False, "false"):
            address = ""
        groups = claims.get(ours.groups_claim, [])
        return Identity(
            account=f"{ours.issuer} {claims['sub']}",
            address=address if isinstance(address, str) else "",
            name=str(claims.get(ours.name_claim) or ""),
            groups=frozenset(
                one
                for one in ([groups] if isinstance(groups, str) else groups)
                if isinstance(one, str)
            )
            if isinstance(groups, str | list)
            else frozenset(),
        )

    def _found(self, at: datetime) -> Mapping[str, Any]:
        """Return where everything is at the provider (OpenID Connect Discovery 1.0, 4)."""
        if self._metadata is not None and at - self._metadata[0] < _METADATA_KEPT:
            return self._metadata[1]
        issuer = self._settings.issuer
        metadata = _published(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != issuer:
            raise ProviderError(why="it calls itself by another name than the setting issuer")
        self._metadata = (at, metadata)
        return metadata

    def _client(self, metadata: Mapping[str, Any], errand: Errand) -> OAuth2Client:
        secret = self._secret()
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return OAuth2Client(
            client_id=self._settings.client_id,
            client_secret=secret or None,
            token_endpoint_auth_method=basic if secret else "none",
            scope="openid email profile",
            redirect_uri=errand.returns_to,
            code_challenge_method="S256",
            # It is used at once, however soon it expires.
            leeway=0,
            transport=ShortAndSmall(),
        )

    def _secret(self) -> str:
        file = self._settings.client_secret_file
        if file is None:
            return self._settings.client_secret.get_secret_value()
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(
                "The file of the setting client_secret_file cannot be read. Nobody was signed in. "
                "Let the user of this program read it."
            ) from error


def _published(url: str) -> dict[str, Any]:
    """Return what everybody may read at the provider. Raises ProviderError."""
    with httpx2.Client(transport=ShortAndSmall()) as client:
        return told(client.get, url)


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    url = metadata.get(name)
    if not isinstance(url, str) or not is_safe_url(url.partition("?")[0]):
        raise ProviderError(why=f"its {name} is missing, or not safe")
    return url
