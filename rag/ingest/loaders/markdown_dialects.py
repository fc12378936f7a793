"""What site generators add to Markdown, translated line by line to CommonMark.

Every line of the source becomes one line of CommonMark, so that the lines of a parsed block are its lines in the
source: markers (admonitions, tabs, short codes, imports, components) become blank lines, and the indented or quoted
body of an admonition moves to the margin, where a parser takes it for the prose that it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_BODY_INDENT = 4  # of Python-Markdown's `!!! note` and `=== "Tab"`

_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})(.*)")
_OPENS_BODY = re.compile(r'(\s*)(?:(?:!!!|\?\?\?\+?)\s+[\w"].*|={3}[!+]?\s+".*"\s*)')
_ALERT = re.compile(r"\s*>\s*\[!\w+\].*")
_QUOTE_MARK = re.compile(r"\s*> ?")
_MODULE_CODE = re.compile(
    r"""import\s+(?:[\w*{].*\sfrom\s+)?["'].*   # import Tabs from '@theme/Tabs'
      | import\s*\{\s*                          # import { on several lines
      | export\s+(?:const|default|function|let)\b.*""",
    re.VERBOSE,
)
_ANCHOR = re.compile(
    r"""\s*<a\s+(?:name|id)\s*=\s*["']?([^"'\s<>]+)["']?\s*(?:/>|>\s*</a>)\s*   # <a name="x"></a>
      | \(([\w-]+)\)=\s*                                                        # MyST's (x)=""",
    re.VERBOSE,
)
_MARKER = re.compile(
    r"""\s*(?:
        /{3,}(?:\s.*)?                              # /// note | Title
      | :{3,}(?:\s*[\w\[{].*)?                      # :::note Title
      | \{\{[<%].*[%>]\}\} | \{%.*%\}               # {{< figure >}} {% include %}
      | \{\*.*\*\} | \{/\*.*\*/\} | ;?--8<--.*      # {* code.py *} {/* comment */} --8<-- "file"
      | \[(?:TOC|_TOC_|\[_?(?:TOC|toc)_?\])\]
      | (?:</?(?:[A-Z][\w.]*|br|center|details|div|figure|p|picture|section|span)(?:\s[^<>]*)?>\s*)+
    )\s*""",
    re.VERBOSE,
)
_MAY_BE_MARKER = frozenset("!?=/:>{;-[<(ie`~*+0123456789")


class CommonMark:
    """The translation of one document.

    Attributes:
        lines: One for each line of the source.
        anchors: Explicit anchors, by the line of what follows them.
    """

    def __init__(self, source: Iterable[str]) -> None:
        self.anchors: dict[int, str] = {}
        self.lines: list[str] = []
        self._bodies: list[int] = []  # columns where the bodies of open admonitions begin, innermost last
        self._fence = ""
        self._in_alert = False
        self._in_module_code = False
        self._pending_anchor = ""
        for number, line in enumerate(source):
            translated = self._translated(line)
            self.lines.append(translated)
            if translated and self._pending_anchor:
                self.anchors[number] = self._pending_anchor
                self._pending_anchor = ""

    def _translated(self, line: str) -> str:
        if not line or line.isspace():
            self._in_module_code = False
            return self._end_of_alert() if self._in_alert else ""
        if self._bodies:
            line = self._moved_to_margin(line)
        if self._in_alert:
            line = self._unquoted(line)
        if self._fence:
            self._close_fence(line)
            return line
        if self._in_module_code:
            return ""
        return line if line.lstrip()[:1] not in _MAY_BE_MARKER else self._without_marker(line)

    def _moved_to_margin(self, line: str) -> str:
        text = line.lstrip()
        indent = len(line[: len(line) - len(text)].expandtabs(4))
        while self._bodies and indent < self._bodies[-1]:
            self._bodies.pop()
            if self._fence and not self.lines[-1]:
                self.lines[-1] = self._fence  # or else all that follows would be code
            self._fence = ""
        return " " * (indent - _BODY_INDENT * len(self._bodies)) + text

    def _unquoted(self, line: str) -> str:
        mark = _QUOTE_MARK.match(line)
        if mark:
            return line[mark.end() :]
        self._end_of_alert()
        return line

    def _end_of_alert(self) -> str:
        """Close the fence that the alert may have left open."""
        self._in_alert = False
        fence, self._fence = self._fence, ""
        return fence

    def _close_fence(self, line: str) -> None:
        text = line.strip()
        if text.startswith(self._fence) and not text.strip(self._fence[0]):
            self._fence = ""

    def _without_marker(self, line: str) -> str:
        fence = _FENCE.fullmatch(line)
        if fence:
            # Back-quotes after back-quotes are code in a line, not the begin of a block.
            self._fence = fence[1] if "`" not in fence[2] or fence[1][0] == "~" else ""
            return line
        body = _OPENS_BODY.fullmatch(line)
        if body:
            self._bodies.append(len(body[1]) + _BODY_INDENT * (len(self._bodies) + 1))
            return ""
        anchor = _ANCHOR.fullmatch(line)
        if anchor:
            self._pending_anchor = anchor[1] or anchor[2]
            return ""
        self._in_alert = _ALERT.fullmatch(line) is not None
        self._in_module_code = _MODULE_CODE.fullmatch(line) is not None
        if self._in_alert or self._in_module_code or _MARKER.fullmatch(line):
            return ""
        return line
