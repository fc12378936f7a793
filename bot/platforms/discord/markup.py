"""Markdown as Discord reads it: pure functions.

Rules: docs.discord.com/developers/reference#message-formatting, 2026-12. Not documented, and seen in Discord's own bug
tracker (github.com/discord/discord-api-docs, read 2026-12): in the label of a link backslashes escape nothing and are
shown (issue 6185); a label with an address in it (7721), or in a message with an emoji (6810), makes no link at all;
`<…>` around an address keeps its preview away.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import accumulate
from urllib.parse import quote, urlsplit

from bot.platforms.flattening import plain_line
from bot.safety.mentions import unmentioned
from bot.text import fenceless, hides_target, one_line, plain

# Blocks

_QUOTES = re.compile(r"(?: {0,3}> ?)+")
_FENCE = re.compile(r"(?P<lead>(?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*+)(?P<run>`{3,}(?=[^`]*\Z)|~{3,})(?P<info>.*)")
_MARKER = re.compile(r"(?P<bullet>[-*+])[ \t]+(?=\S)|(?P<number>\d{1,9})[.)][ \t]+(?=\S)")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_RULE = "———"
_RULES = ({"-"}, {"*"}, {"_"}, {"="})
_TAB = "    "
_SMALLEST_HEADING = 3

# Text in lines

_LABEL = r"(?:[^\[\]\\`\n]|\\.|`[^`\n]{0,100}`|\[[^\[\]\n]{0,100}\]){0,300}+"
_TARGET = r"<(?P<angled>[^\s<>]{1,2000})>|(?P<target>(?:[^\s<>()`\\]|\\.|\([^\s<>()`]{0,300}\)){1,2000}+)"
_PART = re.compile(
    rf"(?P<escape>\\[!-/:-@\[-`{{-~])|(?P<break>\\(?=\n))|(?P<ticks>`+)"
    rf"|(?P<link>!?\[(?P<label>{_LABEL})\]\((?:{_TARGET})\))"
    r"|(?P<shown><https?://[^\s<>]+>)|(?P<url>https?://[^\s<>|`\\\[\]\"“”]+)|(?P<scheme>https?(?=://))|(?P<before_url><(?=https?://))"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{1,31});)"
    r"|(?P<bars>\|{2,})|(?P<angles>>{3,})|(?P<lines>_+)|(?P<link_rest>\]\()|(?P<small_print>(?<!\S)-(?=#(?:\s|\Z)))",
    re.IGNORECASE,
)
_REPLACED = {"break": "", "link_rest": "]\\(", "before_url": "\\<", "small_print": "\\-"}
_RUN = re.compile("`+")
_OPENING = re.compile(r"\\[!-/:-@\[-`{-~]|(?P<ticks>`+)")
_URL_ENDS = ".,;:!?'\"*_~…’»"
_UNESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_LONGEST_EMPHASIS = 3

# Plain text

_MARK = re.compile(r"[\\*_~`|\[\]<]|:(?=//|[\w+-]{1,64}:)|-(?=#)|>(?=>>)")
_LINE_MARK = re.compile(r"^([ \t]*)(?:([>#+-])|(\d+)([.)]))", re.MULTILINE)
_LOOK_ALIKES = str.maketrans(
    {"*": "∗", "~": "∼", "`": "ˋ", "|": "∣", "[": "(", "]": ")", "\\": "∖", "<": "‹", ">": "›"},
)  # fmt: skip
_EDGE_LINE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_SHORT_NAME = re.compile(r":(?=[\w+-]{1,64}:)")
_LINKED = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_WEB = re.compile(r"https?://\S", re.IGNORECASE)
# Discord finds `@everyone` inside of an address, too.
_BREAKS_OUT = re.compile(r"[\s<>()|\"\\^`{}\x00-\x1f\x7f]|@(?=everyone|here)", re.IGNORECASE)
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\u20e3\ufe0f\U0001f000-\U0001faff]"
)


def written(markdown: str) -> str:
    """CommonMark as Discord's Markdown; tables are for `tables.without_tables`.

    Headings beyond the third level become bold, `__strong__` becomes `**strong**`, `+` and `*` before items become `-`,
    quotations in quotations and rules become what Discord has for them. No bar hides text as a spoiler, nothing begins
    small print, no address has a preview, and every link shows where it leads. Code keeps its content; a fence is
    always closed. What calls people is broken.
    """
    lines = _Writer().written(unmentioned(markdown).split("\n"))
    # Once more: what stood apart may have come together, such as the `@` before a link that was none.
    return unmentioned("\n".join(lines).strip("\n"))


@dataclass(frozen=True, slots=True)
class _Fence:
    """A block of code that is open; `first` is where its lines begin among those that are written."""

    run: str
    quotes: int
    lead: str
    first: int

    def is_closed_by(self, line: str) -> bool:
        run = line.strip(" \t")
        return len(run) >= len(self.run) and not run.strip(self.run[0])


class _Writer:
    """Writes the lines of one text. `_open` are those of the paragraph that may go on: what begins them, and text."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._quotes = 0
        self._fence: _Fence | None = None

    def written(self, lines: list[str]) -> list[str]:
        for line in lines:
            if self._fence is None or not self._code(line, self._fence):
                self._text(line)
        if self._fence:
            while len(self._lines) > self._fence.first and not self._lines[-1].strip():
                self._lines.pop()
            self._close(self._fence)
        self._end()
        return self._lines

    def _code(self, line: str, fence: _Fence) -> bool:
        """Write a line of code; false where it is none any more: the quotation that the code stands in has ended."""
        found = _QUOTES.match(line)
        if fence.quotes:
            if found is None or found[0].count(">") < fence.quotes:
                self._close(fence)
                return False
            line = line[_after_quotes(found, fence.quotes) :]
        if fence.is_closed_by(line):
            self._close(fence)
        else:
            self._lines.append(_quoted(fence.quotes) + fenceless(line))
        return True

    def _close(self, fence: _Fence) -> None:
        if not any(line.removeprefix(_quoted(fence.quotes)).strip() for line in self._lines[fence.first :]):
            # Discord would take the closing backticks for the code itself.
            self._lines[fence.first :] = [f"{_quoted(fence.quotes)}{fence.lead}…"]
        self._lines.append(f"{_quoted(fence.quotes)}{fence.lead}```")
        self._fence = None

    def _text(self, line: str) -> None:
        found = _QUOTES.match(line)
        quotes = found[0].count(">") if found else 0
        rest = (line[found.end() :] if found else line).rstrip()
        if quotes != self._quotes:
            self._end()
        self._quotes = quotes
        if not rest:
            self._end()
            if quotes or (self._lines and self._lines[-1]):
                self._lines.append(_quoted(quotes))
        elif fence := _FENCE.fullmatch(rest):
            self._begin_code(fence, quotes)
        elif _is_rule(rest):
            self._end()
            self._lines.append(_quoted(quotes) + _RULE)
        else:
            self._words(rest, _quoted(quotes))

    def _begin_code(self, fence: re.Match[str], quotes: int) -> None:
        self._end()
        indent, marker, _ = _marked(fence["lead"] + ".")
        self._lines.append(f"{_quoted(quotes)}{indent}{marker}```{fence['info'].strip().replace('`', 'ˋ')}")
        self._fence = _Fence(fence["run"], quotes, indent + " " * len(marker), len(self._lines))

    def _words(self, rest: str, quote_mark: str) -> None:
        indent, marker, words = _marked(rest)
        heading = _HEADING.match(words)
        if marker or heading:
            self._end()
        if heading:
            self._heading(quote_mark + indent + marker, len(heading[1]), words[heading.end() :], in_list=bool(marker))
            return
        if marker and (task := _TASK.match(words)):
            marker, words = marker + ("☐ " if task[1] == " " else "☑ "), words[task.end() :]
        if words.startswith(">"):
            # Discord quotes nothing inside of a list.
            words = f"\\{words}"
        self._open.append((quote_mark + indent + marker, words))

    def _heading(self, before: str, level: int, words: str, *, in_list: bool) -> None:
        bare = words.rstrip("#")
        text = _inline(bare.rstrip() if bare != words and bare[-1:].isspace() else words)
        if level <= _SMALLEST_HEADING and not in_list:
            self._lines.append(f"{before}{'#' * level} {text}")
        else:
            self._lines.append(before + (text if "**" in text else f"**{text}**"))

    def _end(self) -> None:
        """Write the paragraph: emphasis and code may go from line to line."""
        if not self._open:
            return
        lines = _inline("\n".join(words for _, words in self._open)).split("\n")
        self._lines += [before + line for (before, _), line in zip(self._open, lines, strict=True)]
        self._open = []


def _quoted(quotes: int) -> str:
    # There are no quotations in quotations, and `>>>` would quote all that follows.
    return "> " if quotes else ""


def _after_quotes(found: re.Match[str], quotes: int) -> int:
    """Where a line goes on after so many of its quotation marks: code may begin with one."""
    at = -1
    for _ in range(quotes):
        at = found[0].index(">", at + 1)
    return at + (2 if found[0][at + 1 : at + 2] == " " else 1)


def _is_rule(line: str) -> bool:
    marks = "".join(line.split())
    return len(marks) >= 3 and set(marks) in _RULES


def _marked(line: str) -> tuple[str, str, str]:
    """The white space before a line, its bullets and numbers as Discord knows them, and the text after them."""
    line = line.replace("\t", _TAB, line[: len(line) - len(line.lstrip())].count("\t"))
    text = line.lstrip()
    indent, marker, at = line[: len(line) - len(text)], "", 0
    while found := _MARKER.match(text, at):
        marker += "- " if found["bullet"] else f"{found['number']}. "
        at = found.end()
    return indent, marker, text[at:]


def _inline(text: str) -> str:
    """The text of a paragraph, line by line as it came."""
    spans = dict(code_spans(text))
    parts: list[str] = []
    lines: list[tuple[int, re.Match[str]]] = []
    at = 0
    while found := _PART.search(text, at):
        parts.append(text[at : found.start()])
        at = found.end()
        if found["ticks"]:
            at = spans.get(found.start(), found.end())
            parts.append(_code(text[found.start() : at], len(found["ticks"])))
        elif found["lines"]:
            lines.append((len(parts), found))
            parts.append("")
        elif found["url"]:
            end = _end_of_address(found["url"])
            at = found.start() + end
            address = found["url"][:end]
            parts.append(f"<{address}>" if _WEB.match(address) else literal(address))
        else:
            parts.append(_part(found))
    parts.append(text[at:])
    _emphasise(text, parts, lines)
    return "".join(parts)


def _code(code: str, ticks: int) -> str:
    """Code in a line, or a run of backticks without a partner, for which Discord would look beyond the paragraph."""
    if len(code) == ticks:
        return "\\`" * ticks
    # Three are a block of code to Discord, wherever they stand; what is more than three would be left over.
    return code if ticks < 3 else f"`{code[ticks:-ticks].replace('`', 'ˋ')}`"


def _part(found: re.Match[str]) -> str:
    kind = str(found.lastgroup)
    if kind == "link":
        return _shown_link(found)
    if kind == "entity":
        character = unescape(found[0])
        return " " if character.isspace() else literal(character)
    if kind in {"bars", "angles"}:
        return "".join(f"\\{mark}" for mark in found[0])
    if kind == "scheme":
        return f"{found[0]}\\"
    return _REPLACED.get(kind, found[0])


def code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where code in a line begins and ends: between two equally long runs of backticks."""
    starts: dict[int, list[int]] = defaultdict(list)
    for run in _RUN.finditer(text):
        starts[len(run[0])].append(run.start())
    for run_starts in starts.values():
        run_starts.reverse()
    at = 0
    while found := _OPENING.search(text, at):
        at = found.end()
        if not found["ticks"]:
            continue
        ahead = starts[len(found["ticks"])]
        while ahead and ahead[-1] < at:
            ahead.pop()
        if ahead:
            at = ahead.pop() + len(found["ticks"])
            yield found.start(), at


def _end_of_address(address: str) -> int:
    """Where an address ends in a sentence: before its closing marks, and brackets that it has not opened."""
    end, beyond = len(address), address.count(")") - address.count("(")
    while end and (address[end - 1] in _URL_ENDS or (address[end - 1] == ")" and beyond > 0)):
        beyond -= address[end - 1] == ")"
        end -= 1
    return end


def _shown_link(found: re.Match[str]) -> str:
    label, target = plain_line(found["label"]), _UNESCAPE.sub(r"\1", found["angled"] or found["target"])
    if _WEB.match(target) and hides_target(label, target):
        return f"{literal(one_line(label))} (<{_encoded(target)}>)"
    return link(target, label)


# Emphasis with underscores.


@dataclass(slots=True)
class _Run:
    """A run of underscores: where it stands among the parts, how long it is and what it may be."""

    at: int
    size: int
    opens: bool
    closes: bool
    within_word: bool
    by_star: bool


def _run(text: str, at: int, found: re.Match[str]) -> _Run:
    before, after = text[found.start() - 1 : found.start()] or " ", text[found.end() : found.end() + 1] or " "
    starts = not after.isspace() and (after.isalnum() or not before.isalnum())
    ends = not before.isspace() and (before.isalnum() or not after.isalnum())
    return _Run(
        at,
        len(found[0]),
        starts and not before.isalnum(),
        ends and not after.isalnum(),
        before.isalnum() and after.isalnum(),
        "*" in {before, after},
    )


def _emphasise(text: str, parts: list[str], lines: list[tuple[int, re.Match[str]]]) -> None:
    """Fill in the underscores: two underline in Discord; one without a partner may find one where CommonMark has none.

    Within words, one stays as it is.
    """
    if not lines:
        return
    stars = list(accumulate((part.count("*") for part in parts), initial=0))
    opened: list[_Run] = []
    waiting: dict[int, int] = defaultdict(int)
    for at, found in lines:
        run = _run(text, at, found)
        parts[at] = "_" if run.within_word and run.size == 1 else "\\_" * run.size
        if run.closes and waiting[run.size]:
            first = opened.pop()
            waiting[first.size] -= 1
            while first.size != run.size:
                first = opened.pop()
                waiting[first.size] -= 1
            # With an asterisk inside or beside it, an emphasis that is written with one would end elsewhere.
            has_star = stars[at] != stars[first.at] or run.by_star or first.by_star
            mark = "_" if run.size == 1 and has_star else "*"
            single = mark * (run.size % 2)
            double = "**" * (run.size // 2)
            parts[first.at], parts[at] = double + single, single + double
        elif run.opens and run.size <= _LONGEST_EMPHASIS:
            opened.append(run)
            waiting[run.size] += 1


# Plain text


def literal(text: str) -> str:
    """A plain text that shows as it is written: its marks are escaped, and nothing in it calls or is a link."""
    marked = _MARK.sub(r"\\\g<0>", unmentioned(text))
    return _LINE_MARK.sub(lambda mark: f"{mark[1]}{mark[3] or ''}\\{mark[2] or mark[4]}", marked)


def link(url: str, label: str) -> str:
    """A link without a preview, for addresses of the web and of mail; any other target is written out beside its label.

    A label that looks like another address than the one it opens is followed by the host that it opens. Of what would
    keep Discord from making a link, an address or an emoji in the label, the address is shown beside the label.
    """
    target = plain(url).strip()
    shown = one_line(label) or one_line(target)
    if not _LINKED.match(target):
        return literal(shown) if shown == one_line(target) or not target else literal(f"{shown} ({one_line(target)})")
    encoded = _encoded(target)
    if shown == one_line(target) and _WEB.match(target):
        return f"<{encoded}>"
    if "://" in shown or _EMOJI.search(shown):
        return f"{literal(shown)} (<{encoded}>)"
    if hides_target(shown, target):
        shown = f"{shown} ({_host(target)})"
    return f"[{unformatted(shown)}](<{encoded}>)"


def _encoded(target: str) -> str:
    return _BREAKS_OUT.sub(lambda character: quote(character[0], safe=""), target)


def _host(target: str) -> str:
    try:
        return urlsplit(target).netloc or target.partition(":")[2]
    except ValueError:  # brackets that close no address of IPv6
        return target.partition("://")[2]


def unformatted(text: str) -> str:
    """The text with characters that look like its marks, for where none can be escaped: labels, names, code."""
    marked = _EDGE_LINE.sub("ˍ", unmentioned(text).translate(_LOOK_ALIKES))
    return _SHORT_NAME.sub("∶", marked)


# What people write
