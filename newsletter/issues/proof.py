"""Pull a proof of an issue: its content, every rendering of it, and the hints about both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from newsletter import rendering
from newsletter.content import IssueContent, RenderedIssue, Sender
from newsletter.issues import approval, checking, dictionaries, editing, hints
from newsletter.issues.hints import Fix, Hint
from newsletter.issues.reading import Masthead, content_of
from newsletter.issues.section_rules import RULES_FILE, SectionRules, read_section_rules
from newsletter.messages import Skeleton
from newsletter.models import Issue, RenderedIssueRow
from newsletter.settings import Settings
from newsletter.templates_folder import TemplatesFolder
from subscribers import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Everything an issue is made with, read once."""

    masthead: Masthead
    sender: Sender
    theme: rendering.Theme
    templates: TemplatesFolder
    section_rules: SectionRules
    words: hints.Words
    dictionaries: Mapping[str, hints.Dictionary]

    @classmethod
    def of(cls, settings: Settings, templates: TemplatesFolder) -> Press:
        """Read theme, rules and word lists.

        Raises SettingsError: a file is missing or cannot be understood; RenderingError: the
        theme's colours cannot be told apart.
        """
        ours = settings.newsletter
        return cls(
            masthead=Masthead(
                newsletter_name=ours.name,
                organisation=settings.organisation_content,
                base_url=settings.base_url,
                reply_to=ours.reply_to,
                language=templates.language(ours.language),
                zone=ours.zone,
                path=ours.path,
            ),
            sender=settings.sender,
            theme=rendering.load_theme(templates, ours.theme),
            templates=templates,
            section_rules=read_section_rules(templates.find(RULES_FILE)),
            words=hints.read_words(templates.find),
            dictionaries=dictionaries.installed(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An issue as it would go out now."""

    content: IssueContent
    rendered: RenderedIssue
    #: Every hint, accepted ones among them.
    hints: list[Hint]
    #: Those that nobody accepted.
    open_hints: list[Hint]


def content(session: Session, issue: Issue, press: Press) -> IssueContent:
    """Return what readers would see: of an approved issue what was approved, else as it is now.

    Raises TamperedError: what is stored is not what was approved.
    """
    if issue.approved_sha256 is not None:
        return approval.thaw(approval.frozen(session, issue)).content
    return content_of(session, issue, press.masthead)


def pull(session: Session, issue: Issue, press: Press) -> Proof:
    """Return the proof of an issue as it would go out; nothing is stored.

    Raises RenderingError: a template, or the text put into it, did not become a mail;
    TamperedError: what is stored is not what was approved.
    """
    if issue.approved_sha256 is not None:
        thawed = approval.thaw(approval.frozen(session, issue))
        content, rendered = thawed.content, thawed.rendered
    else:
        content = content_of(session, issue, press.masthead)
        rendered = rendering.render(content, theme=press.theme, templates=press.templates)
    found = _hints(session, issue, press, content, rendered)
    return Proof(
        content=content,
        rendered=rendered,
        hints=found,
        open_hints=checking.still_open(session, issue, found),
    )


def see_that_it_reads(session: Session, issue: Issue, press: Press) -> None:
    """Do nothing if the words of an issue can become a letter; a change that cannot is not kept.

    Raises RenderingError: a story has no title, or a link leads elsewhere than its words say.
    """
    rendering.cleaned(content_of(session, issue, press.masthead))


def approve(
    session: Session, issue: Issue, press: Press, *, name: str, actor: str, now: datetime
) -> RenderedIssueRow:
    """Freeze an issue exactly as it is now, in the name of whoever approves it.

    `actor` is who did it, for the audit log: somebody at a command line may approve in the name of
    another.

    Raises UncheckedError, IssueStateError: as `approval.approve`; RenderingError: as `pull`;
    HeaderError: the subject or another text cannot stand in a header of a mail.
    """
    pulled = pull(session, issue, press)
    # What cannot become a message is told now, and not on the evening it is to be sent.
    Skeleton.of(pulled.rendered, content=pulled.content, sender=press.sender)
    frozen = approval.approve(
        session,
        issue,
        content=pulled.content,
        rendered=pulled.rendered,
        sender=press.sender,
        open_hints=pulled.open_hints,
        approved_by=name,
        now=now,
    )
    audit.record(
        session,
        at=now,
        actor=actor,
        action="issue.approved",
        subject=f"issue:{issue.name}",
        count=1,
        details={"sha256": frozen.sha256},
    )
    return frozen


def mend(session: Session, issue: Issue, press: Press, codes: Collection[str]) -> list[Hint]:
    """Make the suggested changes for every hint with one of the codes; return those hints.

    One change at a time, the issue being read again after each, so that two changes of the same
    words both stand. Raises IssueStateError: its sending has begun; RenderingError: as `pull`.
    """
    rendered = pull(session, issue, press).rendered
    mended: dict[str, Hint] = {}
    while True:
        content = content_of(session, issue, press.masthead)
        found = _hints(session, issue, press, content, rendered)
        hint = next(
            (
                hint
                for hint in found
                # A change that does not settle its hint is not made again.
                if hint.fingerprint not in mended
                and any(hints.same_code(hint.code, code) for code in codes)
                and hint.fix is not None
            ),
            None,
        )
        if hint is None or hint.fix is None:
            return list(mended.values())
        mended[hint.fingerprint] = hint
        _change(session, issue, hint, hint.fix)


def mend_one(session: Session, issue: Issue, press: Press, fingerprint: str) -> Hint | None:
    """Make the suggested change of one hint; None if the hint is gone, or suggests nothing.

    Raises as `mend`.
    """
    for hint in pull(session, issue, press).hints:
        if hint.fingerprint == fingerprint and hint.fix is not None:
            _change(session, issue, hint, hint.fix)
            return hint
    return None


def _change(session: Session, issue: Issue, hint: Hint, fix: Fix) -> None:
    change = {fix.field: fix.value}
    if hint.place.item_id is None:
        editing.edit_issue(session, issue, change)
    else:
        editing.edit_story(issue, hint.place.item_id, change)


def _hints(
    session: Session, issue: Issue, press: Press, content: IssueContent, rendered: RenderedIssue
) -> list[Hint]:
    return checking.check(
        session,
        issue,
        content=content,
        rendered=rendered,
        words=press.words,
        dictionaries=press.dictionaries,
    )
