"""`make guide`: the pictures of docs/editor-guide.sv.md, taken while an issue is made at the desk.

Somebody with a mouse goes from an invitation to a sent issue, with the page and the edits of the
sample, and a picture is taken in each room. Nothing in them is real.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from PIL import Image, ImageChops
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect
from pydantic import SecretStr

from newsletter.app import App, app_with
from newsletter.cli.command import run
from newsletter.cli.demo import sample
from newsletter.cli.init import write_starter
from newsletter.cli.subscribers import program as subscribers
from newsletter.models import Item, Role
from newsletter.settings import load
from newsletter.templates_folder import TemplatesFolder
from newsletter.users import accounts, one_time_codes, passwords
from newsletter.web import server
from newsletter.web.desk.addresses import welcome_path
from newsletter.worker.loop import working
from tests.browser import chromium
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import on_loopback

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "editor-guide"
#: What the command makes, in the order of the day.
NAMES = (
    "inbjudan", "logga-in", "forsta-dagen", "hamta", "hittat", "start", "valj", "skriv",
    "paminnelse", "bild", "kontrollera", "godta", "klart", "granska", "skicka", "bekrafta",
    "angra", "resultat", "versioner", "rattelse",
)  # fmt: skip
#: When the day is: five days after the newest story of the sample, nine o'clock.
MORNING = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
EDITOR, PASSWORD = "kim.exempel@example.org", "fyra ord på en rad"
REVIEWER, REVIEWER_NAME = "robin.exempel@example.org", "Robin Exempel"
ISSUE = "/redaktion/2026-01"
#: What is written besides stories, by its room: fields, and the options of the sample they are.
PARTS = {
    "amne": {"subject": "subject", "preheader": "preheader"},
    "inledning": {
        "editorial": "editorial",
        "signature_name": "signature-name",
        "signature_title": "signature-title",
    },
}
#: Debian's Chromium knows no Swedish: what a browser itself says in a field is put in its place.
_IN_SWEDISH = """() => {
  document.activeElement.blur();
  for (const field of document.querySelectorAll('[type=file], [type=date], [type=time]')) {
    field.dataset.type = field.type;
    field.type = 'text';
    if (field.dataset.type === 'file') field.value = 'Välj fil …';
  }
}"""
_AS_IT_WAS = """() => {
  for (const field of document.querySelectorAll('[data-type]')) field.type = field.dataset.type;
}"""
_WIDTH, _HEIGHT, _SCALE, _MARGIN = 1180, 760, 1.25, 8
#: Of 100; text stays sharp, and all of them together stay small.
_QUALITY = 60


@dataclass
class Camera:
    """Takes pictures of a page, and keeps them by name."""

    page: Page
    taken: dict[str, Image.Image]

    def take(self, name: str, of: Locator | None = None, *, whole: bool = False) -> None:
        """Take one of the window, of the whole page, or of a part with some room around it."""
        self.page.mouse.move(0, 0)
        self.page.evaluate(_IN_SWEDISH)
        clip = None if of is None else self._around(of)
        raw = self.page.screenshot(full_page=whole or of is not None, clip=clip)
        self.page.evaluate(_AS_IT_WAS)
        self.taken[name] = without_empty_foot(Image.open(io.BytesIO(raw)).convert("RGB"))

    def _around(self, part: Locator) -> FloatRect:
        box = part.evaluate(
            "one => { const {x, y, width, height} = one.getBoundingClientRect();"
            " return {x: x + scrollX, y: y + scrollY, width, height}; }"
        )
        left, top = max(box["x"] - _MARGIN, 0), max(box["y"] - _MARGIN, 0)
        width = min(box["width"] + 2 * _MARGIN, _WIDTH - left)
        return {"x": left, "y": top, "width": width, "height": box["height"] + 2 * _MARGIN}


def without_empty_foot(picture: Image.Image) -> Image.Image:
    """Cut off the ground below the last thing on a page, but for a strip."""
    ground = picture.getpixel((0, picture.height - 1))
    bare = Image.new("RGB", picture.size, ground)
    filled = ImageChops.difference(picture, bare).getbbox()
    foot = round(_MARGIN * _SCALE)
    bottom = min(filled[3] + foot, picture.height) if filled else picture.height
    return picture.crop((0, 0, picture.width, bottom))


def main() -> None:
    """Make the pictures."""
    with chromium() as browser:
        taken = pictures(browser)
    PICTURES.mkdir(exist_ok=True)
    for name in NAMES:
        file = PICTURES / f"{name}.webp"
        taken[name].save(file, quality=_QUALITY, method=6)
        print(file.relative_to(ROOT), file.stat().st_size // 1024, "KB")


def pictures(browser: Browser) -> dict[str, Image.Image]:
    """Go through an editor's first day and return what was seen, by name."""
    clock = Clock(MORNING)
    with (
        MailServer() as mail_server,
        desk(mail_server, clock) as (app, site),
        working(app),
        window(browser) as page,
        window(browser) as theirs,
    ):
        camera = Camera(page, {})
        come_in(camera, app, site)
        fetch(camera, app)
        choose(camera)
        write(camera, app, site)
        review(camera, Camera(theirs, camera.taken), app, site)
        send(camera, site)
        clock.forward(minutes=10)
        after(camera, site)
    return camera.taken


@contextlib.contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """Open a window of a browser that nobody has used before."""
    with browser.new_context(
        locale="sv-SE",
        viewport={"width": _WIDTH, "height": _HEIGHT},
        device_scale_factor=_SCALE,
        reduced_motion="reduce",
    ) as context:
        yield context.new_page()


@contextlib.contextmanager
def desk(mail_server: MailServer, clock: Clock) -> Iterator[tuple[App, str]]:
    """Serve the desk of an invented authority that has readers and no issue yet."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "newsletter.toml"
        text = write_starter(config, TemplatesFolder())
        text = text.replace("om VGR:s externa", "om Exempelregionens externa")
        config.write_text(text, encoding="utf-8")
        readers = folder / "readers.csv"
        sample.write_readers(readers)
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            code = run(
                subscribers,
                ["import", str(readers), "--basis", "samtycke", "--source", "webbformulär 2026",
                 "--config", str(config)],
            )  # fmt: skip
        assert code == 0, told.getvalue()
        app = on_loopback(app_with(load(config), clock), smtp_url=SecretStr(mail_server.url))
        try:
            with server.running(app, port=app.settings.listen_port) as site:
                yield app, site
        finally:
            app.database.close()


def come_in(camera: Camera, app: App, site: str) -> None:
    with app.database.writing() as session:
        _, token = accounts.invite(
            session, EDITOR, name="Kim Exempel", role=Role.EDITOR, at=app.clock(), actor="guide"
        )
    page = camera.page
    page.goto(site + welcome_path(token))
    camera.take("inbjudan", whole=True)
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("Nytt lösenord").fill(PASSWORD)
    page.get_by_label("Kod").fill(one_time_codes.code(secret, app.clock()))
    press(page, "Spara och logga in")
    see(page, "Logga in")
    camera.take("logga-in")
    sign_in(page, EDITOR, one_time_codes.code(secret, app.clock()))
    see(page, "Välkommen, Kim")
    camera.take("forsta-dagen")


def sign_in(page: Page, address: str, code: str) -> None:
    page.get_by_label("E-postadress").fill(address)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_label("Kod").fill(code)
    press(page, "Logga in")


def fetch(camera: Camera, app: App) -> None:
    page = camera.page
    press(page, "Hämta nyheter")
    see(page, "Hämta nyheter")
    text = app.templates.find(sample.PAGE).read_text(encoding="utf-8")
    page.get_by_label("Eller inklistrad text").fill(text)
    camera.take("hamta", whole=True)
    press(page, "Visa vad som finns")
    see(page, "9 nya nyheter")
    camera.take("hittat", whole=True)
    press(page, "Spara 9 nyheter")
    page.get_by_role("button", name="Skapa numret").wait_for()
    camera.take("start", whole=True)
    press(page, "Skapa numret")


def choose(camera: Camera) -> None:
    """Leave out what the sample's editor does not write about."""
    page = camera.page
    see(page, "Välj nyheter till numret")
    for name in ("Välkommen till", "Small islands", "Möt externa", "Informationsmöten"):
        page.get_by_role("checkbox", name=name).uncheck()
    expect(page.locator("#chosen")).to_contain_text("5 nyheter")
    page.evaluate("scrollTo(0, 0)")
    camera.take("valj")
    press(page, "Fortsätt med 5")
    see(page, "Redigera nyheten")


def write(camera: Camera, app: App, site: str) -> None:
    """Write what the sample's editor writes; the first story is seen before it is mended."""
    page, edits = camera.page, sample.read_edits(app.templates)
    with app.database.reading() as session:
        items = session.scalars(sa.select(Item)).all()
    for number, story in enumerate(edits.stories):
        item = next(item for item in items if story["about"] in item.identity)
        page.goto(f"{site}{ISSUE}/skriv?nyhet={item.id}")
        if not number:
            see_the_letter(page)
            camera.take("skriv")
            camera.take("paminnelse", page.locator(".field", has=page.locator("#text")))
        page.get_by_label("Rubrik").fill(story["title"])
        page.get_by_label("Text", exact=True).fill(story["text"])
        page.get_by_label("Länk", exact=True).fill(story["url"])
        page.get_by_label("Länktext").fill(story["link-text"])
        if story["about"] == edits.picture["about"]:
            add_picture(camera, edits.picture)
        page.locator("[name=nasta]").click()
        if story is edits.stories[-2]:
            check(camera, site)
    for part, fields in PARTS.items():
        page.goto(f"{site}{ISSUE}/skriv?del={part}")
        for name, option in fields.items():
            page.locator(f"#{name}").fill(edits.issue[option])
        page.locator("[name=nasta]").click()


def add_picture(camera: Camera, picture: dict[str, str]) -> None:
    page = camera.page
    page.locator("summary", has_text="Bild").click()
    page.get_by_label("Bildfil").set_input_files(
        {"name": picture["file"], "mimeType": "image/png", "buffer": sample.picture()}
    )
    page.locator("#picture img").wait_for()
    # What is typed before the scripts are there is kept with the next key only.
    page.wait_for_load_state()
    page.locator("#picture_alt").fill(picture["alt"])
    page.locator("#picture_caption").fill(picture["caption"])
    page.locator("#picture_credit").fill(picture["credit"])
    expect(page.locator("#picture_alt-hints .note, #picture_credit-hints .note")).to_have_count(0)
    camera.take("bild", page.locator("details", has=page.locator("#bild")))


def check(camera: Camera, site: str) -> None:
    """Look at what is left while something is."""
    page = camera.page
    page.goto(f"{site}{ISSUE}/kontrollera")
    camera.take("kontrollera", whole=True)
    row = page.locator(".check-row.yellow").first
    row.locator("summary").click()
    camera.take("godta", row)


def review(camera: Camera, theirs: Camera, app: App, site: str) -> None:
    """Ask a colleague to read the issue, and see what they see."""
    secret = one_time_codes.new_secret()
    with app.database.writing() as session:
        user, _ = accounts.invite(
            session, REVIEWER, name=REVIEWER_NAME, role=Role.APPROVER, at=app.clock(), actor="guide"
        )
        known = passwords.hashed(PASSWORD, address=REVIEWER)
        accounts.accept(session, user, password_hash=known, secret=secret, at=app.clock())
    page = camera.page
    page.goto(f"{site}{ISSUE}/kontrollera")
    see(page, "Numret är klart att godkänna")
    camera.take("klart")
    page.locator("summary", has_text="Be om granskning").click()
    page.get_by_label("Vad ska granskaren titta på?").fill("Stämmer datumen i kalendern?")
    press(page, "Be om granskning")
    page.get_by_text(f"{REVIEWER_NAME} fick numret").wait_for()
    theirs.page.goto(f"{site}{ISSUE}/granska")
    sign_in(theirs.page, REVIEWER, one_time_codes.code(secret, app.clock()))
    see(theirs.page, "Kim Exempel ber dig granska nummer 1")
    see_the_letter(theirs.page)
    theirs.take("granska")


def send(camera: Camera, site: str) -> None:
    """Approve, test, and send."""
    page = camera.page
    page.goto(f"{site}{ISSUE}/kontrollera")
    press(page, "Godkänn numret")
    see(page, "Skicka nummer 1")
    press(page, "Skicka test 1")
    expect(page.get_by_role("status").first).to_contain_text("Test 1 skickades")
    camera.take("skicka", whole=True)
    press(page, "Skicka till 25 prenumeranter")
    see(page, "Skicka nummer 1 till 25 prenumeranter?")
    camera.take("bekrafta")
    press(page, "Skicka till 25 prenumeranter")
    see(page, "Nummer 1 skickas snart")
    camera.take("angra")


def after(camera: Camera, site: str) -> None:
    """See how it went, look at its versions, and begin a correction."""
    page = camera.page
    page.goto(f"{site}{ISSUE}/utskick")
    see(page, "Alla 25 är mottagna")
    camera.take("resultat", whole=True)
    page.goto(f"{site}{ISSUE}/versioner")
    camera.take("versioner")
    page.goto(f"{site}{ISSUE}/utskick")
    press(page, "Skriv en rättelse")
    page.get_by_text("Det här är en rättelse av nummer 1.").wait_for()
    see_the_letter(page)
    camera.take("rattelse")


def press(page: Page, name: str) -> None:
    main = page.get_by_role("main")
    button = main.get_by_role("button", name=name)
    button.or_(main.get_by_role("link", name=name)).first.click()


def see(page: Page, heading: str) -> None:
    page.get_by_role("heading", name=heading, level=1).wait_for()


def see_the_letter(page: Page) -> None:
    page.frame_locator("iframe").get_by_role("heading").first.wait_for()


if __name__ == "__main__":
    main()
