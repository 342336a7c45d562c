from __future__ import annotations

import colorsys

import lxml.html
import pytest
from PIL import Image

from newsletter.errors import RenderingError, SettingsError
from newsletter.rendering import load_theme, render
from newsletter.rendering.contrast import contrast
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_issue_content
from tests.newsletter.rendering.conftest import OwnTemplates

SAKLIG = "themes/saklig.toml"


def refused(own_templates: OwnTemplates, old: str, new: str) -> str:
    templates = own_templates(SAKLIG, old, new)
    with pytest.raises(RenderingError) as caught:
        load_theme(templates, "saklig")
    assert SAKLIG in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["saklig", "gra"])
def test_every_theme_of_ours_can_be_read_and_inverted(
    templates: TemplatesFolder, name: str
) -> None:
    # Gmail and Outlook turn colours round by themselves where they show the night.
    for pair in load_theme(templates, name).pairs:
        assert pair.can_be_told_apart
        turned = contrast(inverted(pair.over_colour), inverted(pair.under_colour))
        assert turned >= pair.least or not pair.is_text, pair


def inverted(colour: str) -> str:
    """Return a colour with its lightness turned round and its hue kept."""
    hue, lightness, saturation = colorsys.rgb_to_hls(
        *(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    turned = colorsys.hls_to_rgb(hue, 1 - lightness, saturation)
    return "#" + "".join(f"{round(share * 255):02X}" for share in turned)


def test_our_theme_can_be_read_by_day_and_by_night(templates: TemplatesFolder) -> None:
    theme = load_theme(templates, "saklig")

    assert theme.name == "Saklig"
    assert theme.light.text == "#151515"
    assert theme.dark.page == "#12181F"
    assert theme.type.text.line == 25


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#151515", "#FFFFFF", 18.26),
        ("#4A5560", "#EEF1F3", 6.71),
        ("#FABB00", "#314152", 6.06),
        ("#7B8894", "#1B232C", 4.38),
        ("#777777", "#777777", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("old", "new", "pair"),
    [
        ('muted = "#4A5560"', 'muted = "#87939F"', "light.muted on light.page"),
        ('text = "#F1F3F5"', 'text = "#444444"', "dark.text on dark.page"),
        ('button_text = "#0B1520"', 'button_text = "#FFFFFF"', "dark.button_text on dark.button"),
        ('rule = "#6B7783"', 'rule = "#DDDDDD"', "light.rule on light.card"),
        ('link = "#005C95"', 'link = "#278900"', "light.link on light.page"),
        ('tint = "#22313F"', 'tint = "#8CC8F0"', "dark.text on dark.tint"),
    ],
)
def test_a_pair_that_cannot_be_told_apart_is_refused_by_name(
    own_templates: OwnTemplates, old: str, new: str, pair: str
) -> None:
    assert f"{pair} has a contrast of" in refused(own_templates, old, new)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "Saklig"', "name = ", "It is not valid TOML"),
        ('rule = "#6B7783"', "", "light.rule is missing"),
        ('rule = "#6B7783"', 'rull = "#6B7783"', "light.rule is missing"),
        ('rule = "#6B7783"', 'rule = "#6B7783"\nrull = "#6B7783"', "no meaning for light.rull"),
        ('rule = "#6B7783"', 'rule = "grey"', "light.rule is not a colour like #005C95"),
        ('rule = "#6B7783"', "rule = 3", "light.rule is not a colour like #005C95"),
        ("Arial, Helvetica", "x;} a{", "font is not a list of font names"),
        ("small = { size = 14", "small = { size = 13", "type.small is 13 pixels; it must be"),
        ("text = { size = 16", "text = { size = 15", "type.text is 15 pixels; it must be"),
        ("text = { size = 16, line = 25", "text = { size = 16, line = 20", "lines of 20 pixels"),
        ("text = { size = 16", "text = { size = 16.5", "type.text is not whole pixels"),
        ("small = {", "small = 3 #", "type.small. is not a table"),
    ],
)
def test_a_theme_with_a_mistake_is_refused_in_words(
    own_templates: OwnTemplates, old: str, new: str, problem: str
) -> None:
    assert problem in refused(own_templates, old, new)


def test_a_theme_that_does_not_exist_is_the_operators_to_mend(templates: TemplatesFolder) -> None:
    with pytest.raises(SettingsError, match=r"themes/bogus\.toml"):
        load_theme(templates, "bogus")


LOGO = """
[logo]
light = "ljus.png"
dark = "natt.png"
alt = "Exempelregionen"
width = 160
"""


def with_logo(own_templates: OwnTemplates, table: str = LOGO, size: int = 320) -> TemplatesFolder:
    templates = own_templates(SAKLIG, "[light]", f"{table}\n[light]")
    folder = templates.folders[0] / "themes"
    Image.new("RGB", (size, 80), "#005C95").save(folder / "ljus.png")
    Image.new("RGB", (size, 80), "#8CC8F0").save(folder / "natt.png")
    (folder / "trasig.png").write_bytes(b"<svg onload='x'/>")
    return templates


def test_a_logo_is_one_of_two_by_day_and_by_night(own_templates: OwnTemplates) -> None:
    templates = with_logo(own_templates)
    theme = load_theme(templates, "saklig")

    html = render(make_issue_content(), theme=theme, templates=templates).html

    light, dark = lxml.html.document_fromstring(html).xpath("//div[@class='wordmark']//img")
    for picture in (light, dark):
        assert (picture.get("alt"), picture.get("width"), picture.get("height")) == (
            "Exempelregionen", "160", "40",
        )  # fmt: skip
        assert picture.get("src").startswith("https://nyhetsbrev.example.org/bilder/")
    assert "display:none" in dark.getparent().get("style")
    assert "<!--[if !mso]><!--><span" in html
    assert "</span><!--<![endif]-->" in html
    assert html.count(".by-day { display: none !important; }") == 2


def test_without_a_logo_the_name_stands_there_in_letters(
    templates: TemplatesFolder,
) -> None:
    html = render(
        make_issue_content(), theme=load_theme(templates, "saklig"), templates=templates
    ).html

    assert "by-night" not in html


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('alt = "Exempelregionen"', "", "logo.alt is missing"),
        ('alt = "Exempelregionen"', 'alt = " "', "logo.alt says nothing"),
        ('dark = "natt.png"', "", "logo.dark is missing"),
        ("width = 160", "width = 600", "logo.width is not between 24 and 270"),
        ("width = 160", 'width = "160"', "logo.width is not between 24 and 270"),
        ("width = 160", "width = 24", "The logo is lower than 24 pixels"),
        ('dark = "natt.png"', 'dark = "trasig.png"', "logo.dark is no PNG, JPEG or GIF"),
        ("width = 160", "width = 160\nlink = 1", "no meaning for logo.link"),
    ],
)
def test_a_logo_that_somebody_could_not_see_or_hear_is_refused(
    own_templates: OwnTemplates, old: str, new: str, problem: str
) -> None:
    templates = with_logo(own_templates, LOGO.replace(old, new))

    with pytest.raises(RenderingError) as caught:
        load_theme(templates, "saklig")

    assert problem in str(caught.value)


def test_a_logo_whose_file_is_not_there_is_named(own_templates: OwnTemplates) -> None:
    templates = with_logo(own_templates, LOGO.replace("natt.png", "borta.png"))

    with pytest.raises(SettingsError, match=r"themes/borta\.png"):
        load_theme(templates, "saklig")
