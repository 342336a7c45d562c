"""`subscribers duplicates` and `subscribers merge`, as an administrator types them."""

from __future__ import annotations

from tests.newsletter.cli.conftest import Command


def test_two_addresses_of_one_person_are_found_and_made_one(subscribers: Command) -> None:
    for address in ("kim.exempel@example.org", "kim.exempel+nyheter@example.org"):
        subscribers("add", address, "--basis", "consent", "--source", "test")
    subscribers("remove", "2", "--reason", "test")

    found = subscribers("duplicates")
    tried = subscribers("merge", "1", "2", "--dry-run")
    before = subscribers("show", "1", "--json").json["state"]
    merged = subscribers("merge", "1", "2")

    assert ("k…l@example.org" in found.out, "kim" in found.out) == (True, False)
    assert "Nothing was changed." in tried.out
    assert before == "active"
    assert "The status is unsubscribed (the strictest holds)." in merged.out
    assert subscribers("show", "1", "--json").json["state"] == "unsubscribed"
    assert "Nobody seems" in subscribers("duplicates").out
    assert subscribers("merge", "1", "2").code == 4


def test_a_group_is_made_one_by_the_number_that_stands_over_it(subscribers: Command) -> None:
    for address in ("kim+a@example.org", "kim@example.org", "kim+b@example.org", "lo@example.org"):
        subscribers("add", address, "--basis", "consent", "--source", "test")
    subscribers("remove", "kim+b@example.org", "--reason", "test")

    found = subscribers("duplicates")
    merged = subscribers("merge", "2")

    assert "Group 2\n" in found.out
    assert "subscribers merge 2 --dry-run" in found.out
    assert "Keeps k…m@example.org, gives up k…a@example.org, k…b@example.org." in merged.out
    assert subscribers("list", "--json").json[1]["state"] == "unsubscribed"
    assert "Nobody seems" in subscribers("duplicates").out
    alone = subscribers("merge", "lo@example.org")
    assert (alone.code, "subscribers duplicates" in alone.err) == (2, True)
