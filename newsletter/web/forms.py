"""Read what a form says."""

from __future__ import annotations

from starlette.requests import Request

#: Fields of the largest form, with room to spare.
_MOST_FIELDS = 20


class Form:
    """The fields of a form; every value is text without blanks around it."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        """Take names and values, in the order of the form."""
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        """Return the first value of a field; "" where it is not there."""
        return next((value for field, value in self._fields if field == name), "")

    def says(self, name: str, value: str) -> bool:
        """Tell whether a field has this value, wherever it stands in the form."""
        return (name, value) in self._fields


async def read(request: Request) -> Form:
    """Return the form that was sent; an empty one for a body that is no form."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
        return Form(
            [(name, value.strip()) for name, value in form.multi_items() if isinstance(value, str)]
        )
