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
# A token is so many bytes or more in nearly every script; see `Prompt.size_bytes`.
_BYTES_PER_TOKEN = 3
# The beginning of an answer says what it was about, and with half of the room it leaves some for its question.
_TURN_SHARE = 2
_CUT = " …"
_SPACE = re.compile(r"\s+")
# What ends a passage, or what models were trained to take for the beginning of somebody else's message.
_FORGERY = re.compile(r"[<＜](?=\s*/?\s*passage|\||/?(?:start|end)_of_turn|/?<?/?SYS>)", re.IGNORECASE)
_INSTRUCTION = re.compile(r"\[(?=/?INST\])", re.IGNORECASE)
_ROLE = re.compile(r"^(\s*(?:Human|Assistant|System|User))(?=:)", re.MULTILINE)


class PromptWriter:
    """Writes prompts after one template."""

    def __init__(self, template: str, *, max_history_tokens: int = 1_500) -> None:
        """`template` says `{language}` and `{not_in_documents}` where they belong; its comments are not sent.

        Raises:
            ConfigurationError: A placeholder is missing.
        """
        self._template = uncommented(template, TEMPLATE, _PLACEHOLDERS)
        self._history_bytes = max_history_tokens * _BYTES_PER_TOKEN

    @property
    def version(self) -> str:
        """Changes whenever the rules do."""
        return hashlib.sha256(self._template.encode()).hexdigest()[:_VERSION_CHARS]

    def write(self, question: str, language: Language, passages: Sequence[Passage], history: Sequence[Turn]) -> Prompt:
        """The prompt for a question; equal arguments give equal characters, which is what vendors' caches ask for."""
        return Prompt(
            instructions=in_language(self._template, language).replace("{not_in_documents}", NOT_IN_DOCUMENTS),
            passages=tuple(_numbered(n, passage) for n, passage in enumerate(passages, start=1)),
            history=self.told(history),
            question=inert(question).strip(),
        )

    def told(self, history: Sequence[Turn]) -> tuple[Turn, ...]:
        """What of a conversation is told to a model: the latest turns for which there is room, the long ones shortened.

        The first is a person's, since an answer without its question says nothing.
        """
        left, kept = self._history_bytes, list[Turn]()
        for turn in reversed(history):
            text = _shortened(_told(turn), self._history_bytes // _TURN_SHARE)
            left -= _size_bytes(text)
            if left < 0:
                break
            if text:
                kept.append(Turn(turn.role, text))
        while kept and kept[-1].role == "assistant":
            del kept[-1]
        return tuple(reversed(kept))


def uncommented(template: str, file: str, placeholders: Sequence[str]) -> str:
    """The template in a prompt's file, without its comments.

    Raises:
        ConfigurationError: A placeholder is missing.
    """
    text = _COMMENT.sub("", template).strip()
    missing = [name for name in placeholders if name not in text]
    if missing:
        raise ConfigurationError(
            [ConfigurationProblem(file, None, "", f"it has to say {name} somewhere") for name in missing]
        )
    return text


def in_language(template: str, language: Language) -> str:
    """The template with the language's name in the place of `{language}`."""
    return template.replace("{language}", _LANGUAGES[language])


def inert(text: str) -> str:
    """The text without hidden characters and without what could be taken for the frame around it."""
    return _INSTRUCTION.sub("[ ", _FORGERY.sub("‹", visible(text)))


def _numbered(n: int, passage: Passage) -> str:
    """A passage as a model is shown it: nothing in it can end it, cite, or speak for somebody else."""
    chunk = passage.chunk
    section = " › ".join(chunk.heading_path)
    attributes = f'n="{n}" title="{_attribute(chunk.title)}"'
    if section:
        attributes += f' section="{_attribute(section)}"'
    text = spaced(_ROLE.sub(r"\1 ", inert(chunk.text))).strip("\n")
    return f"<passage {attributes}>\n{text}\n</passage>"


def _attribute(text: str) -> str:
    return _SPACE.sub(" ", spaced(inert(text))).replace('"', "'").replace(">", "›").strip()


def _told(turn: Turn) -> str:
    # The numbers of an answer counted other passages.
    return inert(unmarked(turn.text) if turn.role == "assistant" else turn.text).strip()


def _shortened(text: str, most_bytes: int) -> str:
    """Its beginning, where it is longer than so many bytes of UTF-8."""
    if _size_bytes(text) <= most_bytes:
        return text
    room = most_bytes - _size_bytes(_CUT)
    beginning = text.encode()[: max(0, room)].decode(errors="ignore").rstrip()
    return beginning + _CUT if beginning else ""


def _size_bytes(text: str) -> int:
    return len(text.encode())
