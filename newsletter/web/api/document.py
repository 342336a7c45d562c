"""Describe the API as OpenAPI 3.1, out of the very models that make its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from newsletter.web.api import shapes
from newsletter.web.api.newsletters import PARAMETER
from newsletter.web.reading import LONGEST_SEARCH
from newsletter.web.refusals import MEDIA_TYPE

#: Grows when a program that reads the answers of today would not understand those of tomorrow.
VERSION = "1"
_IN = (shapes.WishShape,)
_OUT = (
    shapes.NewslettersShape,
    shapes.ConsentShape,
    shapes.IssuesShape,
    shapes.IssueShape,
    shapes.TakenShape,
    shapes.ProblemShape,
)
_LANG = {
    "name": "lang",
    "in": "query",
    "description": "The language of words for people.",
    "schema": {"enum": ["sv", "en"]},
}
_NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "Year and number, as `2017-02`.",
    "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2,4}$"},
}
_SEARCH = {
    "name": "q",
    "in": "query",
    "description": "Only issues that say every one of these words.",
    "schema": {"type": "string", "maxLength": LONGEST_SEARCH},
}
_PAGE = {
    "name": "page",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999},
}


def made(base_url: str, *, title: str, newsletters: Sequence[str]) -> dict[str, Any]:
    """Return the OpenAPI document of the API at `base_url`, with the slugs of the newsletters."""
    which = {
        "name": PARAMETER,
        "in": "query",
        "description": "Its slug; without it, the first is meant.",
        "schema": {"enum": list(newsletters)},
    }
    _, definitions = models_json_schema(
        [*((shape, "validation") for shape in _IN), *((shape, "serialization") for shape in _OUT)],
        ref_template="#/components/schemas/{model}",
    )
    wish = definitions["$defs"][shapes.WishShape.__name__]["properties"][PARAMETER]
    wish["enum"] = [None, *newsletters]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": VERSION,
            "description": "What is published, and how people subscribe. Any site may read; a "
            "page of another site may post if the setting `api_origins` names it.",
        },
        "servers": [{"url": base_url}],
        "paths": {
            "/api/newsletters": {"get": _reads("Every newsletter", shapes.NewslettersShape)},
            "/api/newsletter": {
                "get": _reads(
                    "A newsletter, its pages and its feed",
                    shapes.NewsletterShape,
                    which,
                    may=[400],
                )
            },
            "/api/consent": {
                "get": _reads(
                    "The words people agree to", shapes.ConsentShape, which, _LANG, may=[400]
                )
            },
            "/api/issues": {
                "get": _reads(
                    "Issues, newest first",
                    shapes.IssuesShape,
                    which,
                    _SEARCH,
                    _PAGE,
                    may=[400],
                )
            },
            "/api/issues/{name}": {
                "get": _reads("One issue", shapes.IssueShape, _NAME, which, may=[400, 404])
            },
            "/api/subscriptions": {"post": _SUBSCRIBE},
        },
        "components": {"schemas": definitions["$defs"]},
    }


def _reads(
    summary: str, shape: type[BaseModel], *parameters: dict[str, Any], may: list[int] | None = None
) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": summary, **_content("application/json", shape)},
            "304": {"description": "You have it: it was asked for with its ETag."},
            **_refusals(*(may or []), 503),
        },
    }


def _refusals(*statuses: int) -> dict[str, Any]:
    problem = _content(MEDIA_TYPE, shapes.ProblemShape)
    return {str(status): {"description": _WHEN[status], **problem} for status in statuses}


def _content(media_type: str, shape: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{shape.__name__}"}
    return {"content": {media_type: {"schema": schema}}}


_WHEN = {
    400: "It is not as this document says.",
    403: "It comes from a page of a site that is not in `api_origins`.",
    404: "There is no such issue.",
    409: "The mark is not that of the words of today, nor of earlier ones: show them anew.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The address cannot be mailed (`address`, `letters`), or looks mistyped (`typo`).",
    429: "Your network has asked many times; `Retry-After` says when to try again.",
    503: "The database is busy or looked after; `Retry-After` says when to try again.",
}
_SUBSCRIBE = {
    "summary": "Pass on somebody's wish to subscribe",
    "description": "They get a mail and confirm with a press. First show the words of "
    "`/api/consent` and send their mark. The answer is the same for every address.",
    "parameters": [_LANG],
    "requestBody": {"required": True, **_content("application/json", shapes.WishShape)},
    "responses": {
        "202": {
            "description": "Ask them to look in their inbox.",
            **_content("application/json", shapes.TakenShape),
        },
        **_refusals(400, 403, 409, 413, 415, 422, 429, 503),
    },
}
