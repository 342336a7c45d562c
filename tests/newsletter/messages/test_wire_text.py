"""No byte of a message can end it early, or be taken for a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.messages import wire_text


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb\r\n", b"no end", b""])
def test_text_that_another_server_could_read_as_two_messages_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="CRLF"):
        wire_text(content)


@given(st.lists(st.binary().filter(lambda line: not set(line) & set(b"\r\n")), min_size=1))
def test_the_other_side_gets_back_exactly_what_was_written(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)

    received = wire_text(content).split(b"\r\n")[:-1]

    assert b"." not in received
    assert [line[1:] if line.startswith(b".") else line for line in received] == lines
