"""What somebody sees who opens the bot's own page: what can be asked, what is left to spend, what was asked last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Final

from bot.access import EVERY_OTHER_PLACE
from bot.commands import commands_on
from bot.commands.base import Command, Desk, Invocation
from bot.commands.budget import BUDGET
from bot.commands.sources import SOURCES
from bot.entries import Entry
from bot.locales import Phrases, phrases_in
from bot.messages import Card, Home, Person, Post, Recent, Thread
from bot.text import one_line
from rag.errors import IndexUnavailable, StateUnavailable

_MOST_RECENT: Final = 5
_SHOWN_CHARS: Final = 100


async def home_of(person: Person, post: Post, desk: Desk, people: Mapping[str, Sequence[str]]) -> Home:
    """The page of a person in this place, as far as it can be told now.

    Args:
        people: Who takes questions over, by place; `*` stands for every place that is not named.
    """
    phrases, commands = phrases_in(person.locale), commands_on(post.platform)
    # In no conversation: nothing that was said anywhere is meant.
    call = Invocation(
        desk=desk,
        arguments={},
        author=person,
        thread=Thread(post.platform, post.place, ""),
        phrases=phrases,
        commands=commands,
    )
    who = tuple(people.get(post.place, people.get(EVERY_OTHER_PLACE, ())))
    parts = [
        phrases("home.introduction"),
        _section("home.examples", "\n".join(_examples(call)), phrases),
        _section("home.allowance", await _told(BUDGET, call), phrases),
        _section("home.documents", await _told(SOURCES, call), phrases),
        phrases("home.help_by_people" if who else "home.help"),
    ]
    heading, recent = await _recent(person, post.platform, desk, phrases)
    card = Card("\n\n".join(parts), notice=call.notice, private=True)
    return Home(card=card, heading=heading, recent=recent, people=who)


def _section(key: str, text: str, phrases: Phrases) -> str:
    return f"**{phrases(key)}**\n\n{text}"


def _examples(call: Invocation) -> Sequence[str]:
    readers = {"everybody", "admins"} if call.is_admin else {"everybody"}
    return [
        call.phrases("help.line", usage=command.example_in(call.phrases), summary=call.phrases(command.summary))
        for command in call.commands
        if command.shown_to in readers
    ]


async def _told(command: Command, call: Invocation) -> str:
    """What a command says, in its own words."""
    try:
        return (await command.run(call)).text
    except (StateUnavailable, IndexUnavailable):
        return call.phrases("home.unknown")


async def _recent(person: Person, platform: str, desk: Desk, phrases: Phrases) -> tuple[str, tuple[Recent, ...]]:
    try:
        entries = await desk.journal.recent(platform, person.id, _MOST_RECENT)
    except StateUnavailable:
        return phrases("home.recent_unknown"), ()
    if not entries:
        return phrases("home.nothing_recent"), ()
    return phrases("home.recent"), tuple(_as_recent(entry, phrases) for entry in entries)


def _as_recent(entry: Entry, phrases: Phrases) -> Recent:
    question = entry.question
    return Recent(
        question=shorten(one_line(question.text), _SHOWN_CHARS, placeholder="…"),
        thread=question.thread,
        message_id=question.message_id,
        at=entry.taken_at,
        ending=phrases(f"home.ended.{_ending(entry)}"),
    )


def _ending(entry: Entry) -> str:
    if entry.outcome is None:
        return "under_way"
    if entry.answer is not None and entry.answer.refused:
        return "nothing_found"
    return entry.outcome
