"""How long rendering an issue takes, and where the time goes: MJML alone in the same run.

Run as `python -m benchmarks.rendering`. The peer is mjml-python on the finished MJML, without
templates, checks, inlining and finishing: what any renderer of MJML mails has to do at least.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from datetime import date

from newsletter import rendering
from newsletter.content import IssueContent, Organisation, SectionContent, StoryContent
from newsletter.rendering.filling import fill
from newsletter.rendering.layout import laid_out
from newsletter.rendering.phrases import Phrases
from newsletter.templates_folder import TemplatesFolder

#: Stories in the issue; Swedish readers manage six to eight (docs of the trade say).
STORIES = (6, 12)
RUNS = 30

_TEXT = (
    "Exempelkontoret har förstärkts i mitten av februari. Uppdraget är att arbeta med den "
    "framtida sammanhållningspolitiken, tillsammans med avdelningen för näringsliv."
)


def issue(stories: int) -> IssueContent:
    """Return an invented issue with so many stories."""
    told = tuple(
        StoryContent(
            item_id=number,
            title=f"Förslag nummer {number} för att förbättra regionalpolitiken",
            published_on=date(2026, 11, number),
            text=_TEXT,
            url=f"https://www.example.org/nyheter/{number}",
            link_text=f"Läs om förslag nummer {number}",
            is_lead=number == 1,
        )
        for number in range(1, stories + 1)
    )
    half = len(told) // 2
    return IssueContent(
        name="2026-02",
        number=2,
        issued_on=date(2026, 11, 20),
        newsletter_name="Nyhetsbrev om Exempelregionens externa arbete",
        organisation=Organisation(name="Exempelregionen", unit="externa relationer"),
        base_url="https://nyhetsbrev.example.org",
        subject="Regionalpolitik, film och praktik",
        preheader="Så arbetar Exempelkontoret med den framtida sammanhållningspolitiken.",
        sections=(
            SectionContent(name="Bryssel", stories=told[:half]),
            SectionContent(name="Nationellt", stories=told[half:]),
        ),
        editorial="Hej!\n\nÅrets andra nummer handlar mycket om Bryssel.",
        reply_to="redaktionen@example.org",
    )


def median_ms(work: Callable[[], object]) -> float:
    """Return the median time of one call, in milliseconds, after a warm-up."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print milliseconds and the ratio, and how large the mail is."""
    templates = TemplatesFolder()
    theme = rendering.load_theme(templates, "saklig")
    for stories in STORIES:
        content = issue(stories)
        language = templates.language(content.language)
        values = {**Phrases(content, language).in_templates(), "theme": theme}
        mjml = fill(templates, "email/issue/body.mjml", values)

        whole = median_ms(lambda c=content: rendering.render(c, theme=theme, templates=templates))  # type: ignore[misc]
        peer = median_ms(lambda m=mjml: laid_out(m, "email/issue/body.mjml"))  # type: ignore[misc]

        rendered = rendering.render(content, theme=theme, templates=templates)
        print(
            f"{stories:>3} stories  rendered in every form {whole:6.1f} ms   "
            f"lint and MJML alone {peer:6.1f} ms   ratio {whole / peer:4.1f}   "
            f"HTML {len(rendered.html.encode()) / 1000:.1f} KB"
        )
    forms = ", ".join(field.name for field in dataclasses.fields(rendered))
    print(f"median of {RUNS} runs; forms: {forms}")


if __name__ == "__main__":
    main()
