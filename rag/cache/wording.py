"""When two questions are the same question, written differently by hand alone."""

from __future__ import annotations

import re
import unicodedata

from rag.language import STOP_WORDS

VERBATIM = re.compile(
    r"""
      ```.*?(?:```|\Z) | ~~~.*?(?:~~~|\Z)           # a block of code
    | `[^`]+`
    | "[^"]+" | “[^”]+” | «[^»]+»
    | (?<!\w)'[^'\n]+'(?!\w) | (?<!\w)‘[^’\n]+’(?!\w)         # but not the apostrophes of two words
    """,
    re.VERBOSE | re.DOTALL,
)
"""Code and quotations: what a person means to the letter."""

_EVERY_STOP_WORD = STOP_WORDS["en"] | STOP_WORDS["pt"]
_APOSTROPHES = str.maketrans("‘’ʼ", "'''")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_EDGES = ".,;:!?…()[]¿¡"
# A full stop or an exclamation mark by itself may be what is asked about; a question mark closes wherever it stands.
_CLOSING = re.compile(r"(?:\s*\?|(?<=[\w\"'`”’»)\]?])[.,;:!…]+)+\Z")
_ARTICLE = re.compile(r"\A[^\W\d_](?=\s)")


def normalised(question: str) -> str:
    """The question without the accidents of typing: composition of letters, white space, capitals, closing marks.

    Whatever could tell two questions apart stays as it is: code, quotations, numbers, names such as `getUser`, and
    abbreviations that would turn into common words (`IT`, `US`).
    """
    text = unicodedata.normalize("NFC", question)
    pieces, position = [], 0
    for match in VERBATIM.finditer(text):
        pieces += [_plain(text[position : match.start()]), match[0]]
        position = match.end()
    pieces.append(_plain(text[position:]))
    text = unicodedata.normalize("NFC", "".join(pieces)).strip()
    text = _ARTICLE.sub(lambda article: article[0].lower(), text)
    return _CLOSING.sub("", text) or text


def is_abbreviation(word: str) -> bool:
    """Whether a word is in capitals because it would be another word without them: `IT`, or the B of plan B."""
    return word.isupper() and word != "I" and (len(word) == 1 or word.lower() in _EVERY_STOP_WORD)


def _plain(text: str) -> str:
    words = " ".join(_word(word) for word in text.translate(_APOSTROPHES).split())
    # The white space around code and quotations is as accidental as any other.
    return f"{' ' * text[:1].isspace()}{words}{' ' * (text[-1:].isspace() and bool(words))}"


def _word(word: str) -> str:
    core = word.strip(_EDGES)
    if not _WORD.fullmatch(core) or is_abbreviation(core):
        return word
    ordinary = core.islower() or core.isupper() or core[1:].islower() or core == "I"
    return word.lower() if ordinary else word
