"""A message read as marks: what each of its words does in a question of money or status."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.intent.lexicon import Lexicon, Phrases

STRANGER = ("?",)
"""The marks of a word that is in no phrase."""

Found = tuple[str, tuple[str, ...]]
"""The last word of a phrase, and the marks of that."""

# `gpt-5`, `claude 4.5`: a version is part of the name.
_VERSION = r"\d{1,2}o?"
_COUNT = r"\d{1,3}"
_DIMENSIONS = {
    "dim_channel": "channel",
    "dim_model": "model",
    "dim_provider": "provider",
    "dim_task": "task",
    "user": "user",
}
_PERIODS = frozenset({"yesterday", "last-week", "last-month", "today", "week", "month"})
# Sentences without any of them say who asks, and why.
_SUBJECTS = """
total token unit cost use budget cap afford room left balance limit state state_weak state_of_us
"""
_SUBJECT_MARKS = frozenset(_SUBJECTS.split())
# In `the travel budget`, what stands before a noun of money says what it is for.
_NOUNS_SUBJECT_MARKS = frozenset({"cost", "usage", "budget", "limit", "cap"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of a message do.

    Attributes:
        marks: All that were found in its sentences about money or status; see `bot.intent.words`.
        period: The first one that was named.
        by: What costs are to be split by.
        others: How many words are of what the bot keeps no books of.
        objects, strangers: How many words nobody knows, after words that lead to a thing, and elsewhere.
        aside: Marks of the other sentences.
        has_other_subject: The other sentences are about something else.
    """

    marks: frozenset[str]
    period: str | None
    by: str | None
    others: int
    objects: int
    strangers: int
    aside: frozenset[str]
    has_other_subject: bool

    @property
    def doubts(self) -> int:
        """How many words may make it a question of something else."""
        return self.others + self.objects + self.strangers

    def has(self, *marks: str) -> bool:
        """Whether one of them was found."""
        return not self.marks.isdisjoint(marks)


class _Sentence(NamedTuple):
    found: Sequence[Found]
    marks: frozenset[str]
    others: int
    objects: int
    strangers: int


def read(sentences: Sequence[Sequence[str]], lexicon: Lexicon) -> Reading:
    """Explain the words of a message as far as a language goes."""
    explained = [_explained(words, lexicon) for words in sentences]
    main = [one for one in explained if not _SUBJECT_MARKS.isdisjoint(one.marks)] or explained
    rest = [one for one in explained if one not in main]
    found = [one for sentence in main for one in sentence.found]
    marks = frozenset[str]().union(*(one.marks for one in main))
    aside = frozenset[str]().union(*(one.marks for one in rest))
    others = sum(one.others for one in main)
    if "asker" in marks and "asks" not in marks:
        others += 1  # a boss who asks nothing is somebody to be told of
    return Reading(
        marks,
        _period(found) or _period([one for sentence in rest for one in sentence.found]),
        _split_by([one for _, one in found], marks),
        others,
        sum(one.objects for one in main),
        sum(one.strangers for one in main),
        aside,
        any(one.others or one.objects or one.strangers > 1 for one in rest) or "docs" in aside,
    )


def marks_of(words: Sequence[str], phrases: Phrases) -> list[Found]:
    """The marks of each phrase, in their order; none for one that says nothing of its own."""
    found: list[Found] = []
    position = 0
    while position < len(words):
        word = words[position]
        for phrase, marks in phrases.beginning_with(word):
            length = len(phrase)
            if length == 1 or words[position + 1 : position + length] == phrase[1:]:
                found.append((words[position + length - 1], marks))
                position += length
                break
        else:
            found.append((word, STRANGER))
            position += 1
    return found


def _explained(words: Sequence[str], lexicon: Lexicon) -> _Sentence:
    found = marks_of(words, lexicon.phrases)
    marks = {mark for _, one in found for mark in one}
    others = objects = strangers = 0
    is_led = False
    for at, (word, one) in enumerate(found):
        following = found[at + 1][1] if at + 1 < len(found) else ()
        if one is not STRANGER:
            is_led = "leads" in one
            others += "object" in one
        elif word in lexicon.other:
            others += 1
        elif word in lexicon.plain or _is_plain_number(word, found[at - 1][1] if at else (), following):
            found[at] = (word, ())
        elif is_led or not _NOUNS_SUBJECT_MARKS.isdisjoint(following):
            objects += 1
        else:
            strangers += 1
    marks.discard("?")
    return _Sentence(found, frozenset(marks), others, objects, strangers)


def _is_plain_number(word: str, before: Sequence[str], following: Sequence[str]) -> bool:
    """Whether it counts something, money or questions, or is a model's version."""
    if "model_name" in before and re.fullmatch(_VERSION, word):
        return True
    return bool(re.fullmatch(_COUNT, word)) or (word.isdigit() and ("money" in following or "thing" in following))


def _period(found: Sequence[Found]) -> str | None:
    return next((mark for _, marks in found for mark in marks if mark in _PERIODS), None)


def _split_by(found: Sequence[tuple[str, ...]], marks: frozenset[str]) -> str | None:
    """What costs are to be split by: `per person`, `which model`, `the most expensive provider`."""
    if "by:user" in marks:
        return "user"
    splits = adjacent = False
    named = before = None
    for one in found:
        dimension = next((_DIMENSIONS[mark] for mark in one if mark in _DIMENSIONS), None)
        if dimension and (splits or adjacent or "each" in one):
            return dimension
        if "cost" in one and before not in (None, "channel", "user"):  # `provider costs`
            return before
        before = dimension
        named = named or dimension
        adjacent = "what_each" in one
        # Articles and the like stand between `which of` and `the models`.
        splits = "each" in one or (splits and (not one or one == ("leads",)))
    if "who" in marks:
        return "user"
    return named if named != "channel" and "most" in marks else None
