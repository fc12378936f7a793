"""What a model is told: the rules from a file, the passages as data, what was said before, the question (pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rag.answering.characters import visible
from rag.answering.marks import spaced, unmarked
from rag.errors import ConfigurationError, ConfigurationProblem
from rag.model import Language, Passage, Turn
from rag.ports import Prompt

TEMPLATE = "prompts/answer.md"
"""The file of the rules, in the configuration folder."""
NOT_IN_DOCUMENTS = "NOT-IN-DOCUMENTS"
"""What a model answers where the passages do not: no word of any language, and nothing that Markdown would change."""

_LANGUAGES: Mapping[Language, str] = MappingProxyType({"en": "English", "pt": "Portuguese"})
_PLACEHOLDERS = ("{language}", "{not_in_documents}")
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_VERSION_CHARS = 12
# A follow-up leans on the question before it, hardly ever on more than three; the passages are what has to be read.
_MOST_TURNS = 6
# The beginning of an answer says what it was about, and every character is paid for again with each question.
_TURN_CHARS = 1_000
_CUT = " …"
_SPACE = re.compile(r"\s+")
# What ends a passage, or what models were trained to take for the beginning of somebody else's message.
_FORGERY = re.compile(r"[<＜](?=\s*/?\s*passage|\||/?(?:start|end)_of_turn|/?<?/?SYS>)", re.IGNORECASE)
_INSTRUCTION = re.compile(r"\[(?=/?INST\])", re.IGNORECASE)
_ROLE = re.compile(r"^(\s*(?:Human|Assistant|System|User))(?=:)", re.MULTILINE)


class PromptWriter:
    """Writes prompts after one template."""

    def __init__(self, template: str) -> None:
        """`template` says `{language}` and `{not_in_documents}` where they belong; its comments are not sent.

        Raises:
            ConfigurationError: A placeholder is missing.
        """
        self._template = _COMMENT.sub("", template).strip()
        missing = [name for name in _PLACEHOLDERS if name not in self._template]
        if missing:
            raise ConfigurationError(
                [ConfigurationProblem(TEMPLATE, None, "", f"it has to say {name} somewhere") for name in missing]
            )

    @property
    def version(self) -> str:
        """Changes whenever the rules do."""
        return hashlib.sha256(self._template.encode()).hexdigest()[:_VERSION_CHARS]

    def write(self, question: str, language: Language, passages: Sequence[Passage], history: Sequence[Turn]) -> Prompt:
        """The prompt for a question; equal arguments give equal characters, which is what vendors' caches ask for."""
        return Prompt(
            instructions=self._template.replace("{language}", _LANGUAGES[language]).replace(
                "{not_in_documents}", NOT_IN_DOCUMENTS
            ),
            passages=tuple(_numbered(n, passage) for n, passage in enumerate(passages, start=1)),
            history=tuple(_recent(history)),
            question=_inert(question).strip(),
        )


def _numbered(n: int, passage: Passage) -> str:
    """A passage as a model is shown it: nothing in it can end it, cite, or speak for somebody else."""
    chunk = passage.chunk
    section = " › ".join(chunk.heading_path)
    attributes = f'n="{n}" title="{_attribute(chunk.title)}"'
    if section:
        attributes += f' section="{_attribute(section)}"'
    text = spaced(_ROLE.sub(r"\1 ", _inert(chunk.text))).strip("\n")
    return f"<passage {attributes}>\n{text}\n</passage>"


def _attribute(text: str) -> str:
    return _SPACE.sub(" ", spaced(_inert(text))).replace('"', "'").replace(">", "›").strip()


def _inert(text: str) -> str:
    """The text without hidden characters and without what could be taken for the frame around it."""
    return _INSTRUCTION.sub("[ ", _FORGERY.sub("‹", visible(text)))


def _recent(history: Sequence[Turn]) -> list[Turn]:
    """The last turns, shortened; the first of them is a person's, since an answer without its question says nothing."""
    recent = [Turn(turn.role, text) for turn in history[-_MOST_TURNS:] if (text := _told(turn))]
    while recent and recent[0].role == "assistant":
        del recent[0]
    return recent


def _told(turn: Turn) -> str:
    # The numbers of an answer counted other passages.
    text = _inert(unmarked(turn.text) if turn.role == "assistant" else turn.text)
    text = text.strip()
    return text if len(text) <= _TURN_CHARS else text[:_TURN_CHARS].rstrip() + _CUT
