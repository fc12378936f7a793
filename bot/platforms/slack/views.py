"""The App Home and the dialogues as Slack's views: plain dictionaries, nothing is sent (pure).

No `markdown` block may stand there, so Markdown is turned into mrkdwn. Limits: docs.slack.dev/reference/views and
/reference/block-kit, checked 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from bot.locales import Phrases
from bot.messages import Home, Recent
from bot.platforms.slack.blocks import SECTION_CHARS, Block, closing, context, plain_text, section
from bot.platforms.slack.markup import link, literal, mrkdwn
from bot.platforms.tables import without_tables
from bot.splitting import split
from bot.text import cut, one_line

HEADER_CHARS = 150
VIEW_BLOCKS = 100
TITLE_CHARS = 24
PLACEHOLDER_CHARS = 150
INPUT_CHARS = 2000
"""What a person may write in a dialogue; our choice, Slack takes 3,000."""
PRIVATE_METADATA_CHARS = 3000

REASON_MODAL = "ragbot:bad"
HAND_OVER_MODAL = "ragbot:hand_over"
INPUT = "text"
"""Both `block_id` and `action_id` of the only input of a dialogue."""

_QUESTION_CHARS = 600
# Written as mrkdwn, no Markdown is much more than twice as long: an address in angle brackets is written twice.
_MARKDOWN_CHARS = 1400

View = dict[str, object]


def _no_link(_recent: Recent) -> str:
    return ""


def home(
    page: Home,
    phrases: Phrases,
    *,
    link_to: Callable[[Recent], str] = _no_link,
    names: Mapping[str, str] = MappingProxyType({}),
    chart_text: str = "",
) -> View:
    """The App Home.

    Args:
        link_to: Where a question was asked; empty for no link.
        names: What people are called, by id.
        chart_text: The card's chart as lines of text.
    """
    card = page.card
    blocks = [
        *sections(card.text),
        *_people(page, phrases, names),
        *closing(card, phrases, feedback_element=False, chart_text=chart_text),
        *_recent(page, phrases, link_to),
    ]
    if len(blocks) > VIEW_BLOCKS:
        blocks = [*blocks[: VIEW_BLOCKS - 1], context("…")]
    return {"type": "home", "blocks": blocks}


def sections(markdown: str) -> list[Block]:
    """Markdown as sections of mrkdwn, for wherever no `markdown` block may stand."""
    parts = split(without_tables(markdown), limit=_MARKDOWN_CHARS, size=_escaped_chars)
    return [section(text) for part in parts for text in _fitting(mrkdwn(part)) if text.strip()]


def reason_modal(reference: str, phrases: Phrases, private_metadata: str) -> View:
    """What asks for the reason after a thumb down; it may be left empty.

    Args:
        private_metadata: Comes back with the submission; at most 3,000 characters.
    """
    return _modal(
        REASON_MODAL,
        phrases("slack.modal.bad_title"),
        [
            _input(phrases("slack.modal.bad_label"), phrases("slack.modal.bad_hint")),
            *_reference(reference, phrases),
        ],
        private_metadata,
        phrases,
    )


def hand_over_modal(reference: str, phrases: Phrases, private_metadata: str) -> View:
    """What says whom handing over calls, and takes a note to them; that may be left empty.

    Args:
        private_metadata: Comes back with the submission; at most 3,000 characters.
    """
    return _modal(
        HAND_OVER_MODAL,
        phrases("slack.modal.hand_over_title"),
        [
            section(literal(phrases("slack.modal.hand_over_text"))),
            _input(phrases("slack.modal.hand_over_label")),
            *_reference(reference, phrases),
        ],
        private_metadata,
        phrases,
    )


def _modal(callback: str, title: str, blocks: list[Block], private_metadata: str, phrases: Phrases) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": private_metadata,
        "title": plain_text(title, TITLE_CHARS),
        "submit": plain_text(phrases("slack.modal.send"), TITLE_CHARS),
        "close": plain_text(phrases("slack.modal.cancel"), TITLE_CHARS),
        "blocks": blocks,
    }


def _input(label: str, hint: str = "") -> Block:
    element: Block = {"type": "plain_text_input", "action_id": INPUT, "multiline": True, "max_length": INPUT_CHARS}
    if hint:
        element["placeholder"] = plain_text(hint, PLACEHOLDER_CHARS)
    return {
        "type": "input",
        "block_id": INPUT,
        "optional": True,
        "label": plain_text(label, HEADER_CHARS),
        "element": element,
    }


def _reference(reference: str, phrases: Phrases) -> list[Block]:
    shown = one_line(reference)
    return [context(literal(cut(phrases("receipt.reference", reference=shown), 200, literal)))] if shown else []


def _people(page: Home, phrases: Phrases, names: Mapping[str, str]) -> list[Block]:
    if not page.people:
        return []
    shown = ", ".join(one_line(names.get(person, "") or person) for person in page.people)
    return [section(literal(cut(phrases("slack.people", people=shown), SECTION_CHARS, literal)))]


def _recent(page: Home, phrases: Phrases, link_to: Callable[[Recent], str]) -> Iterator[Block]:
    if page.heading.strip():
        yield {"type": "header", "text": plain_text(page.heading, HEADER_CHARS)}
    for recent in page.recent:
        question = cut(one_line(recent.question), _QUESTION_CHARS, literal)
        target = link_to(recent)
        shown = link(target, question) if target else literal(question)
        # Slack shows the moment by the reader's own clock, and what stands behind the bar where it cannot.
        moment = f"<!date^{int(recent.at.timestamp())}^{{date_short_pretty}} {{time}}|{phrases.moment(recent.at)}>"
        yield section(f"{shown}\n{literal(one_line(recent.ending))} · {moment}")


def _escaped_chars(text: str) -> int:
    """How long it is written at least; a mention is broken by a space."""
    return len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">")) + text.count("@")


def _fitting(text: str) -> Iterator[str]:
    """The text in parts that fit a section, should it have become much longer than it was."""
    while len(text) > SECTION_CHARS:
        at = max(text.rfind("\n", 1, SECTION_CHARS), text.rfind(" ", 1, SECTION_CHARS)) + 1 or SECTION_CHARS
        yield text[:at]
        text = text[at:]
    yield text
