"""Say no to a program: the same in one form every time (RFC 9457), with words for its user."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.language import Language
from subscribers.wording import Sentence

#: Where other programs ask; every "no" below it is one of these.
API = "/api"
MEDIA_TYPE = "application/problem+json"

_UNCLEAR = Sentence("We did not understand what was sent")
_OURS = Sentence("Something went wrong at our end")
_READ_THE_DOCUMENT = Sentence("Nothing was done. What can be sent stands in /api/openapi.json.")
_LATER = Sentence("Nothing was done. Try again in a while.")
_WORDS = {
    "403": (
        Sentence("You may not do that"),
        Sentence(
            "Nothing was done. The administrator can let pages of your origin subscribe people, "
            "with the setting api_origins."
        ),
    ),
    "404": (
        Sentence("There is nothing here"),
        Sentence("The address may be mistyped. What there is stands in /api/openapi.json."),
    ),
    "405": (Sentence("That cannot be done here"), _READ_THE_DOCUMENT),
    "409": (
        Sentence("The words were changed"),
        Sentence(
            "Nothing was done. Fetch /api/consent, show its words, and send its mark when somebody "
            "has agreed to them."
        ),
    ),
    "413": (Sentence("That was too much to receive"), _READ_THE_DOCUMENT),
    "415": (
        Sentence("That is not JSON"),
        Sentence("Nothing was done. Send JSON, with Content-Type: application/json."),
    ),
    "429": (
        Sentence("That was many times in a short while"),
        Sentence("Wait an hour and try again. Nothing was changed."),
    ),
    "500": (_OURS, _LATER),
    "503": (_OURS, _LATER),
}


def is_for_a_program(request: Request) -> bool:
    """Tell whether a program asks, rather than somebody with a browser."""
    path: str = request.scope["path"]
    return path.startswith(f"{API}/")


def refusal(
    language: Language,
    status: int,
    *,
    code: str = "",
    detail: Sentence | None = None,
    reference: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document; `code` and `detail` say more than the status, where they can."""
    title, usual = _WORDS.get(str(status), (_UNCLEAR, _READ_THE_DOCUMENT))
    told: dict[str, object] = {
        "status": status,
        "code": code or str(status),
        "title": language.say(title),
        "detail": language.say(detail or usual),
    }
    if reference:
        told["reference"] = reference
    ours = {"Cache-Control": "no-store", "Content-Language": language.code}
    return JSONResponse(
        told, status_code=status, media_type=MEDIA_TYPE, headers=ours | dict(headers or {})
    )
