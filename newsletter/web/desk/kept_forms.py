"""What was typed into a form that came too late: kept through the sign-in, and shown again.

A form whose sign-in has ended is not acted upon. Nothing of it is stored on the server either: the
pages carry it until the visitor, signed in again, sends it once more with one press.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request

from newsletter.web.desk.addresses import is_in_the_desk

#: The visitor's answer is another one now, and nobody decides by having been signed out.
_NOT_KEPT = ("svar", "godkann")
_FIELDS = TypeAdapter(list[tuple[str, str]])


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form as it was sent, but for its files."""

    #: Where it was sent to, with its query, below the root of the site.
    path: str
    fields: list[tuple[str, str]]
    lost_a_file: bool = False

    @classmethod
    def of(cls, path: str, form: FormData) -> KeptForm | None:
        """Return what can be kept of a form; None: nothing was typed."""
        sent = [(name, value) for name, value in form.multi_items() if name not in _NOT_KEPT]
        fields = [(name, value) for name, value in sent if isinstance(value, str)]
        files = [value for _, value in sent if not isinstance(value, str)]
        if not any(value.strip() for _, value in fields):
            return None
        return cls(path, fields, lost_a_file=any(file.filename for file in files))

    @classmethod
    def carried(cls, path: str, written: str) -> KeptForm | None:
        """Return the form that a page carried; None: none, or not one of the desk."""
        try:
            fields = _FIELDS.validate_json(written)
        except ValidationError:
            return None
        return cls(path, fields) if fields and is_in_the_desk(path) else None

    @property
    def written(self) -> str:
        """The fields as one field of a page carries them."""
        return _FIELDS.dump_json(self.fields).decode()

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What a person typed, by the name of its field: what is one word is most often not."""
        return [(name, value) for name, value in self.fields if len(value.split()) > 1]


def is_own_page(request: Request, base_url: str) -> bool:
    """Tell whether a form was sent by a page of ours, as the browser says.

    Browsers say so in Sec-Fetch-Site, and over plain http in Origin alone.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    ours = urlsplit(base_url)
    return request.headers.get("origin", "") == f"{ours.scheme}://{ours.netloc}"
