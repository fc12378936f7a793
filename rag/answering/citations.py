"""A model's answer is checked while it is written: what it cites, and what it would do to its reader (pure).

What leaves here is Markdown in which

- every `[n]` outside code is a passage that the model was given, numbered 1, 2, 3 … in the order of first use;
- nothing is a link or an image: the citations carry the links;
- nothing calls people or channels;
- what is code to us is code to whoever renders it: nothing hides from us behind a backtick that has no partner.

Where something would act on its reader, a space breaks it. The model has read documents that nobody vouches for, so
none of this relies on the prompt. Platforms guard their own syntax once more, inside code as well: where fences end in
lists and quotations, renderers do not agree.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rag.answering.characters import visible
from rag.answering.marks import MARKS, MARKS_BEGUN, OPENING, numbers_in
from rag.answering.quotes import Quoter
from rag.model import Citation, Passage

_SPECIAL = re.compile(
    rf"(?P<code>`+|~{{3,}})|(?P<url>(?:https?|ftp)://|www\.(?=\w))|(?P<marks>{OPENING})", re.IGNORECASE
)
# How text ends that may become special, or act, with what comes next.
_PERHAPS_SPECIAL = re.compile(
    r"(?:[ \t]+\\?|\\|~{1,2}|@\w{0,7}|<[^\s<>`\[]{0,64}|h|ht|https?:?/?|htt|f|ft|ftp:?/?|w{1,3}\.?)\Z", re.IGNORECASE
)
# Targets and definitions of links, images, addresses in angle brackets, and the mentions of Slack and Discord.
_ACTS = re.compile(
    r"(?<=\])(?=[(:])|(?<=!)(?=\[)|(?<=<)(?=[@!#]|[^\s<>`\[]{1,63}[:@])|(?<=@)(?=everyone|here|channel)", re.IGNORECASE
)
_URL = re.compile(r"[^\s<>|`\"\[\]【】［］]{1,2000}")
_AFTER_URL = ".,;:!?…)*_~'"
_HOST = re.compile(r"(?:\w+://)?(?:[^/?#]*@)?([^/?#]+)")
_BEFORE_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)*")
_PERHAPS_CLOSING = re.compile(r"\n[ \t>]*[`~]*[ \t]*\Z")
_BACKTICKS = re.compile("`+")
# Code in a line that goes on for longer is not waited for.
_SPAN_CHARS = 300
_PUNCTUATION = re.compile(r"[.,;:!?)…]*")
# What may belong to the sentence that ends in a mark.
_CLAIM_CHARS = 400


class AnswerChecker:
    """Takes the text of one answer piece by piece and lets through what is safe, as soon as that is certain.

    However the text is cut into pieces, the same comes out: what could still become something else is held back.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        """`passages` as the model was given them: `passages[0]` is what its `[1]` cites."""
        self._passages = passages
        self._raw = ""
        self._done = 0
        self._fence = ""
        self._output = _Output()
        self._claims: dict[int, list[str]] = {}

    def feed(self, delta: str) -> str:
        """What may be shown after the next piece of the model's text."""
        self._raw += visible(delta)
        return self._advance(final=False)

    def finish(self) -> str:
        """What may be shown of what was held back, now that the text has ended."""
        return self._advance(final=True)

    @property
    def cited(self) -> Collection[int]:
        """The numbers of the passages that the text cites, as the model was given them."""
        return self._claims.keys()

    def citations(self, quoter: Quoter) -> tuple[Citation, ...]:
        """What the text cites, in the order of its numbers."""
        cited = [(self._passages[number - 1].chunk, claims) for number, claims in self._claims.items()]
        return tuple(
            Citation.of(n, chunk, quote=quoter.quote(chunk.text, claims))
            for n, (chunk, claims) in enumerate(cited, start=1)
        )

    def _advance(self, *, final: bool) -> str:
        while self._done < len(self._raw) and self._step(final=final):
            pass
        return self._output.taken()

    def _step(self, *, final: bool) -> bool:
        """Decide what comes next; false where only more text can."""
        if self._fence:
            return self._fenced(final=final)
        found = _SPECIAL.search(self._raw, self._done)
        if found is None:
            held = None if final else _PERHAPS_SPECIAL.search(self._raw, self._done)
            self._pass_text(held.start() if held else len(self._raw))
            return False
        self._pass_text(found.start())
        if found["code"]:
            return self._code(found, final=final)
        return self._url(final=final) if found["url"] else self._marks(found, final=final)

    def _fenced(self, *, final: bool) -> bool:
        """Code up to the line that closes it."""
        fence = f"{self._fence}{self._fence[0]}*"
        closing = re.compile(rf"\n[ \t>]*{fence}[ \t]*(?=\n|\Z)").search(self._raw, self._done)
        if closing and (final or closing.end() < len(self._raw)):
            self._fence = ""
            self._pass_code(closing.end())
            return True
        held = None if final else _PERHAPS_CLOSING.search(self._raw, self._done)
        self._pass_code(held.start() if held else len(self._raw))
        return False

    def _code(self, run: re.Match[str], *, final: bool) -> bool:
        """The first line of a fence, code in a line, or neither."""
        newline = self._raw.find("\n", run.end())
        line_end = len(self._raw) if newline < 0 else newline
        growing = newline < 0 and not final
        if growing and run.end() == line_end:
            return False
        if self._opens_fence(run, line_end):
            if growing:
                return False
            self._fence = run[0]
            self._pass_code(line_end)
            return True
        if run[0].startswith("~"):
            self._pass_text(run.end())
            return True
        return self._code_span(run, line_end, growing=growing)

    def _opens_fence(self, run: re.Match[str], line_end: int) -> bool:
        line_start = self._raw.rfind("\n", 0, run.start()) + 1
        return (
            len(run[0]) >= 3
            and _BEFORE_FENCE.fullmatch(self._raw, line_start, run.start()) is not None
            and (run[0].startswith("~") or "`" not in self._raw[run.end() : line_end])
        )

    def _code_span(self, opening: re.Match[str], line_end: int, *, growing: bool) -> bool:
        """Code up to as many backticks on the same line; without them, no backtick is left to pair with a later one."""
        latest = opening.end() + _SPAN_CHARS
        for closing in _BACKTICKS.finditer(self._raw, opening.end(), line_end):
            if len(closing[0]) == len(opening[0]) and closing.start() <= latest:
                if growing and closing.end() == line_end:
                    return False
                self._pass_span(closing.end())
                return True
        if growing and line_end <= latest + len(opening[0]):
            return False
        self._output.write("'" * len(opening[0]))
        self._done = opening.end()
        return True

    def _url(self, *, final: bool) -> bool:
        """An address becomes code; of one that stands in no passage, the host alone, which carries nothing out."""
        address = _URL.match(self._raw, self._done)
        assert address is not None, "it begins with its scheme"
        if address.end() == len(self._raw) and not final:
            return False
        url = address[0].rstrip(_AFTER_URL)
        host = _HOST.match(url)
        known = host is None or any(url in passage.chunk.text for passage in self._passages)
        self._output.write_span(f"`{url if known or host is None else host[1]}`")
        self._done += len(url)
        return True

    def _marks(self, opening: re.Match[str], *, final: bool) -> bool:
        """Citations that hold become `[n]` each; of others there is no trace."""
        if not final and MARKS_BEGUN.fullmatch(self._raw, self._done):
            return False
        marks = MARKS.match(self._raw, self._done)
        if marks is None:
            self._pass_text(opening.end())
            return True
        numbers = numbers_in(marks[0], highest=len(self._passages))
        if numbers:
            self._cite(numbers, after=marks["space"])
        else:
            punctuation = _PUNCTUATION.match(self._raw, marks.end())
            following = punctuation.end() if punctuation else marks.end()
            if following == len(self._raw) and not final:
                return False
            if following < len(self._raw) and not self._raw[following].isspace():
                # What stood on its two sides must not join: `@every[9]one`, `[[9]9]`.
                self._output.write(" ")
        self._done = marks.end()
        return True

    def _cite(self, numbers: Sequence[int], *, after: str) -> None:
        claim = self._output.ending(_CLAIM_CHARS)
        for number in numbers:
            self._claims.setdefault(number, []).append(claim)
        order = list(self._claims)
        self._output.write(after + "".join(f"[{order.index(number) + 1}]" for number in numbers))

    def _pass_text(self, end: int) -> None:
        self._output.write(self._raw[self._done : end])
        self._done = end

    def _pass_span(self, end: int) -> None:
        self._output.write_span(self._raw[self._done : end])
        self._done = end

    def _pass_code(self, end: int) -> None:
        self._output.write_code(self._raw[self._done : end])
        self._done = end


class _Output:
    """What was let through."""

    def __init__(self) -> None:
        self._text = ""
        self._taken = 0

    def write(self, text: str) -> None:
        """Let text through; what would act in it, or together with what stands before it, is broken by a space."""
        last = self._text[-1:]
        self._text += _ACTS.sub(" ", last + text)[len(last) :]

    def write_span(self, code: str) -> None:
        """Let code in a line through as it stands; what stands before it cannot change how many backticks it has."""
        self._text += f" {code}" if self._text.endswith(("`", "\\")) else code

    def write_code(self, code: str) -> None:
        """Let through as it stands what is inside a fence, or opens or closes it."""
        self._text += code

    def ending(self, chars: int) -> str:
        """The last so many characters."""
        return self._text[-chars:]

    def taken(self) -> str:
        """What was let through since the last time."""
        new = self._text[self._taken :]
        self._taken = len(self._text)
        return new
