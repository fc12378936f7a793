"""Links in Markdown that nobody vouches for: shown with their whole target, or broken (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Literal

from bot.safety.beginnings import begun
from bot.text import plain

# What a decision may wait for; longer constructs are broken unseen.
_LINK_CHARS = 1000
_SPAN_CHARS = 300

# Schemes that act when they are opened; others are addresses like any other.
_SCHEME = re.compile(
    r"(?<![^\W_])(?:(?:javascript|vbscript):(?=\S)|data:(?=[\w.+-]{1,40}[/;,]|[;,])|(?:file|slack|discord):(?=/))",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#(?:[xX](?P<hex>[\da-fA-F]{1,6})|(?P<decimal>\d{1,7}))|[A-Za-z][A-Za-z\d]{1,31});")
_SPECIAL = re.compile(
    rf"\n|\\|`{{1,{_SPAN_CHARS}}}|~{{3,{_SPAN_CHARS}}}|[<>\]]|!?\[|&(?=[#A-Za-z])|-(?=#)|{_SCHEME.pattern}",
    re.IGNORECASE,
)


# How text ends that may become special with what comes next.
_PERHAPS_SPECIAL = re.compile(
    rf"(?:[!&-]|~{{1,2}}|(?<![^\W_])(?:data:[\w.+-]{{1,40}}|"
    rf"{begun('javascript:', 'vbscript:', 'data:', 'file:', 'slack:', 'discord:')}))\Z",
    re.IGNORECASE,
)

_LABEL_CHARS = r"[^\[\]\n`<>\\]"
_LABEL_CODE = r"`[^\[\]\n`<>\\|]{1,200}`"
_TARGET = r"(?:[^\s<>()`\[\]\\|]|\([^\s<>()`\[\]\\|]*\))"
# A link or an image that can be shown as `label (target)`: without anything in it that might begin or end elsewhere.
_LINK = re.compile(
    rf"!?\[(?P<label>(?:\*{{0,3}}[^\W_]|{_LABEL_CODE})(?:{_LABEL_CHARS}|{_LABEL_CODE})*+)\]"
    rf"\((?:<(?P<angled>[^\n<>`\[\]\\|]+)>|(?P<target>{_TARGET}++))"
    rf"(?P<title>[ ](?:\"[^\"\n`<>\[\]\\]*\"|'[^'\n`<>\[\]\\]*'))?\)"
)
_LINK_BEGUN = re.compile(
    rf"!?\[(?:{_LABEL_CHARS}|`)*+(?:\](?:\((?:<[^\n<>]*>?|{_TARGET}*+(?:\([^\s<>()`\[\]\\|]*)?)"
    r"(?:[ ](?:\"[^\"\n]*\"?|'[^'\n]*'?)?)?)?)?"
)
# Beside anything else, what a link leaves behind might join with its neighbour.
_BEFORE_LINK = re.compile(r"[\s(\[*_\"'“‘—–>|,;:/]?")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_READ_AS_EMPHASIS = re.compile(r"[*~]|_(?![^\W_])|(?<![^\W_])_")

_ANGLED_WEB = re.compile(
    r"<(?P<url>https?://[^\s<>`\[\]\\|]{1,500})(?:\|(?P<label>[^\n<>`\[\]\\|]{1,300}))?>", re.IGNORECASE
)
_ANGLED_MAIL = re.compile(r"<[\w.+-]{1,100}@[\w.-]{1,200}\.[^\W\d_]{2,30}>")
# Any other address in angle brackets, and the tags of HTML that fetch, lead or act.
_ANGLED = re.compile(
    r"<(?:[a-z][a-z\d+.-]{1,31}:|/?(?:a|area|audio|base|body|button|embed|form|i?frame|image|img|input|link|meta|object"
    r"|script|source|style|svg|track|video)(?![\w:.-]))",
    re.IGNORECASE,
)
_ANGLED_BEGUN = re.compile(r"<(?:[^\s<>]{0,550}|https?://[^\s<>|]{1,500}\|[^\n<>]{0,300})", re.IGNORECASE)
_URL_ENDS = re.compile(r"[.,;:!?)]?(?:\s|\Z)")

_CONTAINERS = re.compile(r"[\s>*+\-\d.)]*")
_FENCE_PLACE = re.compile(r"(?P<quotes>(?:> ?)*)(?P<indent> {0,3})")
_FENCE_LINE = re.compile(r"[ \t>]*[`~]*[ \t]*")
_PREFIX_CHARS = 60


def _settled(text: str) -> str:
    """Text in a line without schemes that act and without entities of hidden characters."""
    return _ENTITY.sub(_without_hidden, _SCHEME.sub(r"\g<0> ", text))


def _without_hidden(entity: re.Match[str]) -> str:
    code = int(entity["hex"], 16) if entity["hex"] else int(entity["decimal"] or 0)
    shown = chr(code) if 0 < code < 0x110000 else unescape(entity[0])
    return entity[0] if plain(shown) == shown else f"& {entity[0][1:]}"


@dataclass(frozen=True, slots=True)
class _Fence:
    """An open block of code.

    A fence that is set in may belong to a list item, and end with it; which is only certain where nothing below it
    stands further to the left.
    """

    quotes: int
    indent: int
    run: str

    def judge(self, lead: str, *, alone: bool) -> Literal["code", "closing", "after", "unclear"]:
        """What a line is, by its white space, quotation marks and ticks; `alone` where no more stands on it."""
        if self.quotes:
            quotes = re.match(rf"(?:> ?){{{self.quotes}}}", lead)
            if quotes is None:
                return "unclear" if ">" in lead else "after"
            lead = lead[quotes.end() :]
        body = lead.lstrip(" \t")
        if not body and alone:
            return "code"
        space = lead[: len(lead) - len(body)]
        ticks = body.rstrip(" \t")
        closing = alone and len(ticks) >= len(self.run) and not ticks.strip(self.run[0])
        if len(space) < self.indent or ("\t" in space and (self.indent or (closing and self.quotes))):
            return "unclear"
        if closing and len(space) <= 3 and "\t" not in space:
            return "closing"
        return "unclear" if closing and self.indent else "code"


class LinkStream:
    """Takes the effect from links; outside code nothing is left that is one.

    What it believes of code is read from what it lets through, as a renderer reads it. `_unsure`: backticks may pair
    otherwise than they seem to, until the next blank line. `_doubt`: where fences begin and end is not certain, from
    here on. Then links in code are broken too.
    """

    def __init__(self) -> None:
        self._raw = ""
        self._done = 0
        self._out: list[str] = []
        self._fence: _Fence | None = None
        self._within_line = False
        self._unsure = False
        self._doubt = False
        self._angle_broken = False
        self._last = ""
        self._start_line()
        self._handlers = {
            "\n": self._newline,
            "\\": self._escape,
            "`": self._ticks,
            "~": self._tildes,
            "<": self._angle,
            ">": self._angle_end,
            "!": self._bracket,
            "[": self._bracket,
            "]": self._bracket_end,
            "&": self._entity,
            "-": self._small_print,
        }

    def feed(self, delta: str) -> str:
        """What may be let through after the next piece."""
        self._raw += delta
        return self._advance(final=False)

    def finish(self) -> str:
        """What was held back, now that the text has ended."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        while self._done < len(self._raw) and self._step(final=final):
            pass
        # One character stays, for what looks behind.
        self._raw, self._done = self._raw[max(0, self._done - 1) :], min(self._done, 1)
        out, self._out = "".join(self._out), []
        return out

    def _step(self, *, final: bool) -> bool:
        """Decide what comes next; false where only more text can."""
        if self._fence:
            return self._fenced(self._fence, final=final)
        found = _SPECIAL.search(self._raw, self._done)
        if found is None:
            tail = max(self._done, len(self._raw) - 60)
            held = None if final else _PERHAPS_SPECIAL.search(self._raw, tail)
            self._pass(held.start() if held else len(self._raw))
            return False
        self._pass(found.start())
        handler = self._handlers.get(found[0][0])
        if handler:
            return handler(final=final)
        return self._replace(found[0], found[0] + " ")

    # What was let through, and what that says of the line.

    def _start_line(self) -> None:
        self._prefix: str | None = ""
        self._blank = True
        self._bracket_first = self._bracket_seen = False

    def _write(self, text: str, *, brackets: bool = True) -> None:
        """Let through text without a line feed."""
        if not text:
            return
        self._out.append(text)
        self._last = text[-1]
        self._blank = self._blank and text.isspace()
        self._bracket_seen = self._bracket_seen or (brackets and "[" in text)
        if self._prefix is not None:
            containers = _CONTAINERS.match(text)
            end = containers.end() if containers else 0
            self._bracket_first = text[end : end + 1] == "["
            self._prefix = (self._prefix + text)[:_PREFIX_CHARS] if end == len(text) else None

    def _pass(self, end: int) -> None:
        self._write(self._raw[self._done : end])
        self._done = end

    def _replace(self, old: str, new: str) -> bool:
        self._write(new)
        self._done += len(old)
        return True

    def _next(self, offset: int = 1) -> str:
        return self._raw[self._done + offset : self._done + offset + 1]

    def _newline(self, *, final: bool) -> bool:  # noqa: ARG002  # a handler
        self._unsure = self._unsure and not self._blank
        self._angle_broken = False
        self._out.append("\n")
        self._last = "\n"
        self._done += 1
        self._start_line()
        return True

    # Code.

    def _ticks(self, *, final: bool) -> bool:
        """The first line of a fence, code in a line, or neither."""
        end = self._run_end("`")
        if end == len(self._raw) and end - self._done < _SPAN_CHARS and not final:
            return False
        if self._prefix is not None and end - self._done >= 3 and not self._doubt:
            opened = self._open_fence(end, final=final)
            if opened is not None:
                return opened
        return self._span(end, final=final)

    def _tildes(self, *, final: bool) -> bool:
        end = self._run_end("~")
        if self._prefix is not None and not self._doubt:
            opened = self._open_fence(end, final=final)
            if opened is not None:
                return opened
        self._pass(end)
        return True

    def _run_end(self, character: str) -> int:
        run = re.compile(rf"{character}{{1,{_SPAN_CHARS}}}").match(self._raw, self._done)
        return run.end() if run else self._done

    def _open_fence(self, end: int, *, final: bool) -> bool | None:
        """Open a fence; false where that is not decided yet, none where it is not one."""
        line_end = self._raw.find("\n", end, end + _LINK_CHARS)
        if line_end < 0 and len(self._raw) - end < _LINK_CHARS:
            if not final:
                return False
            line_end = len(self._raw)
        if self._raw[self._done] == "`" and "`" in self._raw[end : end + _LINK_CHARS if line_end < 0 else line_end]:
            self._doubt = end - self._done == _SPAN_CHARS or line_end < 0
            return None
        place = _FENCE_PLACE.fullmatch(self._prefix or "")
        if line_end < 0 or place is None or len(place[0]) >= _PREFIX_CHARS or end - self._done == _SPAN_CHARS:
            self._doubt = True
            self._pass(end)
            return True
        self._fence = _Fence(place["quotes"].count(">"), len(place["indent"]), self._raw[self._done : end])
        self._within_line = True
        self._pass(line_end)
        return True

    def _fenced(self, fence: _Fence, *, final: bool) -> bool:
        """Code, line by line."""
        if self._within_line:
            line_end = self._raw.find("\n", self._done)
            self._pass(line_end if line_end >= 0 else len(self._raw))
            self._within_line = line_end < 0
            return not self._within_line and self._newline(final=final)
        lead = _FENCE_LINE.match(self._raw, self._done, self._done + _LINK_CHARS)
        assert lead is not None, "it matches nothing as well"
        too_long = lead.end() - lead.start() == _LINK_CHARS
        if lead.end() == len(self._raw) and not final and not too_long:
            return False
        line = (
            "unclear" if too_long else fence.judge(lead[0], alone=self._raw[lead.end() : lead.end() + 1] in {"", "\n"})
        )
        if line == "code":
            self._within_line = True
            return True
        self._fence = None
        self._doubt = line == "unclear"
        if line == "closing":
            self._pass(lead.end())
        return True

    def _span(self, end: int, *, final: bool) -> bool:
        """Code up to as many backticks on the same line; without them, none after these is certain."""
        if not self._unsure and not self._doubt:
            latest = end + _SPAN_CHARS
            line_end = self._raw.find("\n", end, latest)
            stop = line_end if line_end >= 0 else min(latest, len(self._raw))
            size = end - self._done
            closing = re.compile(rf"(?<!`)`{{{size}}}(?!`)").search(self._raw, end, stop)
            if closing is None and stop == len(self._raw) < latest and not final:
                return False
            if closing and closing.end() == len(self._raw) and not final:
                return False
            if closing and closing.end() < latest and not re.search(r"\||\]:", self._raw[end : closing.start()]):
                # In the label of a definition, escapes are escapes in code as well.
                brackets = "[" in re.sub(r"\\.", "", self._raw[end : closing.start()])
                self._write(self._raw[self._done : closing.end()], brackets=brackets)
                self._done = closing.end()
                return True
        self._unsure = True
        self._pass(end)
        return True

    # What acts.

    def _escape(self, *, final: bool) -> bool:
        if not self._next() and not final:
            return False
        # `<` and `]` are judged all the same: not everybody knows escapes.
        pair = self._raw[self._done : self._done + 2] if self._next() not in {"\n", "<", "]", ""} else "\\"
        self._write(pair, brackets=False)
        self._done += len(pair)
        return True

    def _bracket(self, *, final: bool) -> bool:
        opening = "![" if self._raw[self._done] == "!" else "["
        if not self._unsure and not self._doubt and _BEFORE_LINK.fullmatch(self._last):
            link = _LINK.match(self._raw, self._done, self._done + _LINK_CHARS)
            if link and not (self._prefix is not None and link["label"][0].isdigit()):
                return self._replace(link[0], _revealed(link))
            window = len(self._raw) - self._done < _LINK_CHARS
            if not link and window and not final and _LINK_BEGUN.fullmatch(self._raw, self._done):
                return False
        return self._replace(opening, opening)

    def _bracket_end(self, *, final: bool) -> bool:
        if not self._next() and not final:
            return False
        # A definition begins its line; the label may have begun on the line before.
        defines = self._next() == ":" and (self._bracket_first or not self._bracket_seen)
        return self._replace("]", "] " if self._next() == "(" or defines else "]")

    def _angle(self, *, final: bool) -> bool:
        self._angle_broken = False
        web = _ANGLED_WEB.match(self._raw, self._done)
        if web and _settled(web["url"]) == web["url"]:
            return self._angled_web(web, final=final)
        if not web and not final and _ANGLED_BEGUN.fullmatch(self._raw, self._done):
            return False
        mail = _ANGLED_MAIL.match(self._raw, self._done)
        if mail:
            return self._replace(mail[0], mail[0])
        if _ANGLED.match(self._raw, self._done):
            self._angle_broken = True
            return self._replace("<", "‹")
        if self._next().strip():
            # HTML to some: it swallows backticks in a line, and at the start of one whole lines with their fences.
            self._unsure = True
            self._doubt = self._doubt or self._prefix is not None
        return self._replace("<", "<")

    def _angled_web(self, web: re.Match[str], *, final: bool) -> bool:
        after = self._raw[web.end() : web.end() + 2]
        if not final and not after[:1].isspace() and len(after) < 2:
            return False
        before = "" if _BEFORE_LINK.fullmatch(self._last) else " "
        label = f" ({_settled(web['label'])})" if web["label"] else ""
        gap = "" if _URL_ENDS.match(after) else " "
        return self._replace(web[0], f"{before}{web['url']}{label}{gap}")

    def _angle_end(self, *, final: bool) -> bool:  # noqa: ARG002  # a handler
        shown = "›" if self._angle_broken else ">"
        self._angle_broken = False
        return self._replace(">", shown)

    def _entity(self, *, final: bool) -> bool:
        entity = _ENTITY.match(self._raw, self._done)
        if entity:
            return self._replace("&", _without_hidden(entity)[: 1 if _without_hidden(entity) == entity[0] else 2])
        if not final and re.compile(r"&[#\w]{0,33}").fullmatch(self._raw, self._done):
            return False
        return self._replace("&", "&")

    def _small_print(self, *, final: bool) -> bool:  # noqa: ARG002  # a handler
        """Discord's small print, in which a receipt stands there, begins with `-#`."""
        return self._replace("-", "-" if self._prefix is None else "‐")


def _revealed(link: re.Match[str]) -> str:
    """The label and the whole target; as code where a renderer would change the target or make a link of it."""
    target = (link["target"] or link["angled"]).strip()
    title = _settled(link["title"] or "")
    is_web = _WEB.match(target) and " " not in target
    shown = target if is_web and _settled(target) == target and not _READ_AS_EMPHASIS.search(target) else f"`{target}`"
    return shown + title if link["label"] == target else f"{_settled(link['label'])} ({shown}{title})"
