"""From a follow-up to a question that stands for itself: what a model is asked, and what is made of its words (pure).

The question is rewritten for the search alone; whoever writes the answer is told the original and the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.characters import visible
from rag.answering.marks import unmarked
from rag.answering.prompt import in_language, inert, uncommented
from rag.language import STOP_WORDS
from rag.model import Asker, Language, Pin, Turn
from rag.ports import AnswerRequest, Prompt

TEMPLATE = "prompts/condense.md"
"""The file of the rules, in the configuration folder."""

_PLACEHOLDERS = ("{language}",)
# A question of 400 characters has about 100 tokens.
_MOST_CHARS = 400
_MOST_TOKENS = 120
# The reader waits for nothing meanwhile; the rules that stand in are worth waiting less for.
_TIMEOUT_S = 4.0

_LABEL = re.compile(
    r"(?:(?:the\s+|a\s+)?(?:stand-?alone|rewritten|condensed)?\s*(?:question|query)|(?:re)?written|answer|output"
    r"|(?:a\s+)?(?:pergunta|quest[aã]o)(?:\s+(?:independente|reescrita|completa|aut[oô]noma))?|resposta|sa[ií]da)"
    r"[*_ ]*[:：]",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?(?:question|standalone|output|answer)>", re.IGNORECASE)
_AROUND = " \"'`*_#>“”„‘’«»"
_WORD = re.compile(r"\w+")


class Condenser:
    """Words the request that has a model rewrite a follow-up, and reads what it says.

    Attributes:
        timeout_s: How long the rewriting may take.
    """

    def __init__(self, template: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        """`template` says `{language}` where it belongs; its comments are not sent.

        Raises:
            ConfigurationError: The placeholder is missing.
        """
        self.timeout_s = timeout_s
        self._template = uncommented(template, TEMPLATE, _PLACEHOLDERS)

    def request(
        self, question: str, language: Language, history: Sequence[Turn], *, pin: Pin, reference: str, asker: Asker
    ) -> AnswerRequest:
        """What the cheapest model for quick questions is asked, or the pinned one, for the question of a reference.

        Args:
            history: As it is told to a model.
        """
        return AnswerRequest(
            question=question,
            language=language,
            passages=(),
            task="quick",
            pin=Pin(model=pin.model, policy="cheapest"),
            prompt=self.prompt(question, language, history),
            max_output_tokens=_MOST_TOKENS,
            reference=reference,
            asker=asker,
            purpose="condensing",
        )

    def prompt(self, question: str, language: Language, history: Sequence[Turn]) -> Prompt:
        """Conversation and question as one message: turns of their own would be gone on with, not read."""
        turns = "\n".join(_framed("person" if turn.role == "user" else "bot", turn.text) for turn in history)
        return Prompt(
            instructions=in_language(self._template, language),
            passages=(),
            history=(),
            question=f"<conversation>\n{turns}\n</conversation>\n\n{_framed('question', question)}",
        )


def standalone(said: str, question: str, language: Language, history: Sequence[Turn]) -> str | None:
    """The question in what a model said: one line of at most 400 characters; `None` where there is none.

    An echo of the question tells nothing, and a line that has no word in common with what was said before is about
    something else: an apology, or what somebody smuggled in.
    """
    line = next((line for raw in visible(said).splitlines() if (line := _bare(raw))), "")
    words = _content(line, language)
    spoken = _content(" ".join((question, *(turn.text for turn in history))), language)
    is_echo = _WORD.findall(line.casefold()) == _WORD.findall(question.casefold())
    return None if len(line) > _MOST_CHARS or is_echo or words.isdisjoint(spoken) else line


def _framed(tag: str, text: str) -> str:
    # No bracket is left that could end the frame; what the words mean to a search, they mean without it too.
    return f"<{tag}>\n{inert(text).replace('<', '‹').strip()}\n</{tag}>"


def _bare(line: str) -> str:
    """A line without what models put around a question: labels, tags, quotation marks, citations."""
    text = " ".join(_TAG.sub(" ", unmarked(line)).split()).strip(_AROUND)
    if label := _LABEL.match(text):
        text = text[label.end() :]
    return text.strip(_AROUND)


def _content(text: str, language: Language) -> frozenset[str]:
    """The words that say what a text is about."""
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS[language])
