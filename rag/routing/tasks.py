"""What kind of answer a question asks for: rules over its words, no model call, microseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.language import fold
from rag.model import Language, Task
from rag.routing.cues import LEXICONS, Lexicon


@dataclass(frozen=True, slots=True)
class Sorted:
    """What kind of answer a question asks for.

    Attributes:
        fresh: It asks for how things stand now; an old answer would not do.
    """

    task: Task
    fresh: bool


# People say what they want before the text that they paste, or after it.
_READ_FIRST_CHARS = 600
_READ_LAST_CHARS = 300
# Nobody asks so long a question: a text was pasted, to have something done with it.
_PASTED_CHARS = 1_500
_SHORT_WORDS = 7
_TOKEN = re.compile(r"[^\W\d_][^\W_]*|\d+|[.,:!?()\n]")

_CODE_CHARS = frozenset("`(){}[]<>;:=$|\\^")
_CODE = re.compile(
    r"""```
      | `[^`\n]*[\s(][^`\n]*[(){}\[\];=$|<>*"'-][^`\n]*`  # between backticks, more than a name
      | ^\s*(?:def|class|func|fn|function|public|private|import|\#include)\s.+[({;:>]\s*$
      | \b(?:def|func|fn|function)\s+\w+\s*\(
      | \bTraceback\s\(most | \b[A-Z]\w*(?:Error|Exception):\s | ^\s+at\s[\w.$]+\(
      | ^\s*(?:const|let|var)\s+\w+\s*= | [{[]\s*"\w+"\s*: | \w\s*=\s*[\[{(].*[)\]}] | [;{]\s*$ | ;\s*}
      | (?:[^\s\\^$|{}\[\]]{0,9}[\\^$|{}\[\]]){5}         # a regular expression
    """,
    re.VERBOSE | re.MULTILINE,
)
_SQL = re.compile(r"SELECT\b.+\bFROM\b|INSERT\s+INTO\b|DELETE\s+FROM\b|CREATE\s+TABLE\b|UPDATE\b.+\bSET\b")

# Patterns over the letters of `rag.routing.cues`.
_START = r"(?:^|[.?])[lpP]*"
_REST = r"[^.?]*"
# What is asked for, up to where its purpose begins: `a simple HTML form` for the feedback page.
_THING = r"[^bfghwdDe.?]*"
_END = r"(?=[bfgw.?]|$)"

_ASKS_FOR_CODE = re.compile(
    rf"""{_START}h?l*(?:
            M                                        # debug this
          | m{_THING}[ct](?!-*[dD])                  # write a script, how do I write a query
          | m[^dD.?]*[bfg][-o]?-?[ct]{_END}          # turn this into a list comprehension
          | i{_THING}(?:c-?t?{_END}|tc?f)            # I need a function, give me the SQL for
        )
      | {_START}[him]{_REST}g[-o]?[ct](?:-?[.?]|[bfgw]|-?$)  # how do I sort a list in Python, an example with curl
      | {_START}[-hikmuy]{_REST}[Tz]-?[ct]           # explain what this function does (`z`: `esta função`)
      | {_START}[-o]{{0,2}}(?:[ct]+-?f|cgt|t\.)      # SQL to get, a script in bash
      | {_START}-bt-?f                               # configuration of nginx for
      | {_START}[uw][-o]{{0,2}}(?:tf|tcf|cbt)        # what is the regex for
    """,
    re.VERBOSE,
)
_ASKS_TO_READ = re.compile(
    rf"""a | e[-o]{{0,2}}[dD]
      | {_START}r(?![bfv])                           # compare, not `review of`
      | {_START}[mi]{_REST}e                         # give me an overview, find every
      | {_START}-?e[bo]                              # summary of, everything the
      | [uwi]{_REST}E{_REST}[gb]{_REST}[dD]          # what are the main risks named in the report
      | {_START}[-mi]{_REST}A                        # polish the text below
      | {_START}m[-oT]{{0,3}}b?[dD]                  # turn the minutes into tasks
    """,
    re.VERBOSE,
)
_PASSING_STATE = re.compile(
    rf"""v
      | {_START}y{_REST}[sz]                         # is it down, has it finished
      | (?:^|[.?])[^mirwhkz.?][^mirwhk.?]*z[^.]*$    # o servidor caiu, not `o que está no resumo`
    """,
    re.VERBOSE,
)
_PRESENT = re.compile(r"[nj]")
_PLEASANTRY = re.compile(r"(?:(?:p[^hwumirky.?]{0,6}|P[lpPn]*|l+)(?:[.?]+|$))+")
_LOOK_UP = re.compile(r"[lpP.]*(?:[^.?]*q.*|u[^obfgwdDn.?]{1,4}|[-b]?x.*|u-?x.*|w-k-{1,3})[.?]*")
_CHECK = re.compile(r"[lpP.]*(?:[ky][^.?]*|i-{1,2}|[^hwumirMe.?]+)\?+")


def classify(question: str, language: Language) -> Sorted:
    """Sort a question by its words; however long it is, only its beginning and its end are read."""
    question = question.strip()
    text = _part_read(question)
    words = _TOKEN.findall(fold(text))
    cues = _cues(words, LEXICONS[language])
    if _PLEASANTRY.fullmatch(cues):
        return Sorted("quick", fresh=False)
    if _shows_code(text) or _ASKS_FOR_CODE.search(cues):
        return Sorted("code_generation", fresh=False)
    state = _PASSING_STATE.search(cues) is not None
    present = state or _PRESENT.search(cues) is not None
    if len(question) > _PASTED_CHARS or _ASKS_TO_READ.search(cues):
        return Sorted("document_analysis", present)
    if state or (present and "d" not in cues):
        return Sorted("real_time", fresh=True)
    short = sum(word[0].isalnum() for word in words) <= _SHORT_WORDS
    if short and (_LOOK_UP.fullmatch(cues) or _CHECK.fullmatch(cues)):
        return Sorted("quick", present)
    return Sorted("factual", present)


def _part_read(text: str) -> str:
    if len(text) <= _READ_FIRST_CHARS + _READ_LAST_CHARS:
        return text
    return f"{text[:_READ_FIRST_CHARS]}\n{text[-_READ_LAST_CHARS:]}"


def _shows_code(text: str) -> bool:
    # Most questions have none of these characters, and the pattern is what takes longest.
    pasted = not _CODE_CHARS.isdisjoint(text) and _CODE.search(text)
    return bool(pasted or _SQL.search(text))


def _cues(words: list[str], lexicon: Lexicon) -> str:
    """A letter for each word or known phrase."""
    letters = []
    position = 0
    while position < len(words):
        letter, length = "-", 1
        for phrase, found in lexicon.get(words[position], ()):
            if words[position : position + len(phrase)] == phrase:
                letter, length = found, len(phrase)
                break
        else:
            if words[position].isdigit():
                letter = "x"
            elif not words[position].isalpha():
                letter = "?" if words[position] == "?" else "."
        letters.append(letter)
        position += length
    return "".join(letters)
