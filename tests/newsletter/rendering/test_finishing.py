from __future__ import annotations

from newsletter.rendering.finishing import finished


def finish(body: str) -> str:
    page = f"<!DOCTYPE html><html><head><title>x</title></head><body>{body}</body></html>"
    return finished(page, language="sv", direction="ltr").replace("\n", "")


def test_a_table_of_a_template_is_marked_as_layout() -> None:
    assert '<table role="presentation">' in finish("<div><table><tr><td>x</td></tr></table></div>")


def test_a_table_with_headings_stays_a_table() -> None:
    table = '<table><tr><th scope="col">x</th></tr></table>'

    assert table in finish(f"<div>{table}</div>")


def test_a_table_around_one_with_headings_is_still_layout() -> None:
    html = finish("<div><table><tr><td><table><tr><th>x</th></tr></table></td></tr></table></div>")

    assert html.count('<table role="presentation">') == 1
    assert "<table><tr><th>x</th></tr></table>" in html


def test_every_child_of_the_body_has_language_and_direction() -> None:
    html = finish("<div>a</div><!-- x --><p>b</p>")

    assert '<div lang="sv" dir="ltr">a</div><!-- x --><p lang="sv" dir="ltr">b</p>' in html


def test_fractions_of_pixels_are_cut() -> None:
    html = finish('<div><img src="x" alt="" width="161.2" height="80.5"></div>')

    assert 'width="161" height="80"' in html


def test_a_picture_may_shrink_but_its_lines_keep_their_height() -> None:
    html = finish(
        '<div><img src="x" alt="" style="line-height:21px;height:320px;width:100%"></div>'
    )

    assert "line-height:21px;height:auto;width:100%" in html


def test_what_only_makes_noise_is_taken_away() -> None:
    html = finish('<div><a href="x" target="_blank">y</a></div>')

    assert '<a href="x">y</a>' in html


def test_comments_for_outlook_stay() -> None:
    comment = "<!--[if mso | IE]><table><tr><td><![endif]-->"

    assert comment in finish(f"<div>{comment}</div>")
