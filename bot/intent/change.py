"""Orders to change a budget: read whole or not at all, because money must not be changed by a guess.

What is wished for, needed or told among colleagues is no order: `we need to raise the budget to $5`.
"""

from __future__ import annotations

import re

from bot.intent.intent import Direction, Intent
from bot.intent.lexicon import Lexicon
from bot.intent.reading import Reading, marks_of
from bot.intent.typed import words_of

# Patterns are compiled, by `re`, when the first message with an amount is read: few processes ever read one.
_SPELT_AMOUNT = "9"
# `1,000` is a thousand to some and one to others, so it is no amount.
_AMOUNT = r"(?<![\w.,])(us\$|\$)? ?([0-9]{1,6}(?:[.,][0-9]{1,2})?)(?![\w%]|[.,]\d)(\$(?!\w))?"
# Signs that could change an amount, such as `-`, `%` and other currencies, are not among these, nor are
# quotation marks.
_SIGNS = r"[\w\s.,:;!?/'’()=]*"
# What stands between single ones is quoted; `team's` and `users'` are not.
_QUOTED = r"(?<!\w)['’]|['’]\W*$"
# A reason may be any words but those that could take the order back.
_REASON = r"""(?xs)
    (?: [\s,;]+(?:because|cause|cuz|coz|bcs|since|as\ we|porque|pq|pois|ja\ que|visto\ que)
      | ,\ (?:we|i)\ (?:have|need|are) | ,\ (?:temos|tenho|precisamos|preciso|tem)
    )\s(.*)
"""
_TAKEN_BACK = r"""(?x)
    \b(?:
    not | no(?=\s*[,.!;]|$|\ wait) | \w+n['’]?t | never | wait | cancel | stop | if | unless | instead | or | else
    | nao | nunca | espera | cancela | cancele | pare | se | senao | ou | mas | but
    )\b
"""
_ORDER = r"""(?x)
    p* (?:[jk]+c)? [wpltdmj]* (?:
        [pP]* (?:
            s [^9PDsrz?]*
          | l (?![dmq]) (?=.*b) [^9PDsrz?]* | l (?=.*b) [^9PDsrz?]* k  # `limit spending`, not `limit: 5 dollars`
          | l [jcei]+ [ku]                           # `limit me to $2`
          | r [^9PDsrz?]* [ku] )                     # what is raised must be raised `to` an amount, not by one
      | p* [dmceij]* b [qdmceij]* k                  # `daily budget to $9`
    )
    9 \${0,2} [blvdmtceijpqwk]*
"""
_RESET = r"[pPw]*(?:z[blceidmjpqkDw]*|s?[srg][blceidmjpqw]*k[blceidmjpqw]*D[blceidmjpqw]*)"
# Signs beside the letters, which are no part of an order's grammar.
_BESIDE = str.maketrans("", "", "+-G")
_WISHES = r"\b(?:(?:i|we)(?:['’]d| would| want| need)|gostar\w+|quer(?:o|ia|emos|iamos)|precis(?:o|amos))\b"
_ASKS = ("amount", "what", "why", "who", "how_are", "may", "left", "reach", "balance", "room", "spare")


def change_of(text: str, lexicon: Lexicon) -> Intent | None:
    """The change that a folded text orders, if it is an order and nothing else."""
    if reason := re.search(_REASON, text):
        if re.search(_TAKEN_BACK, reason[1]) or "?" in reason[1] or re.search(r"\d", reason[1]):
            return None
        text = text[: reason.start()]
    amounts = re.findall(_AMOUNT, text)
    if not amounts:
        return _reset_of(text, lexicon)
    if len(amounts) > 1:
        return None
    rest = re.sub(_AMOUNT, f" {_SPELT_AMOUNT} ", text)
    if not _is_plainly_said(rest):
        return None
    words = words_of(rest)
    at = words.index(_SPELT_AMOUNT)
    before, after = (_letters(part, lexicon) for part in (words[:at], words[at + 1 :]))
    sign, amount, sign_after = amounts[0]
    spelt = f"{before}{_SPELT_AMOUNT}{'$' if sign or sign_after else ''}{after}"
    letters = spelt.translate(_BESIDE)
    named = set(letters)
    if not re.fullmatch(_ORDER, letters) or not (named & {"b", "v"} or named >= {"l", "$"}):
        return None
    return _change(spelt, text, "lift" if "t" in letters else "set", _canonical(amount))


def states_an_amount(text: str, reading: Reading) -> bool:
    """Whether an amount is told, not asked for, as in `add $100 to the budget`: the budget is no answer to it."""
    is_question = "?" in text and not re.search(_WISHES, text)
    return not is_question and not reading.has(*_ASKS) and bool(re.search(r"\d", text))


def _reset_of(text: str, lexicon: Lexicon) -> Intent | None:
    if not _is_plainly_said(text):
        return None
    spelt = _letters(words_of(text), lexicon)
    letters = spelt.translate(_BESIDE)
    if not re.fullmatch(_RESET, letters) or "b" not in letters:
        return None
    return _change(spelt, text, "reset")


def _is_plainly_said(text: str) -> bool:
    return bool(re.fullmatch(_SIGNS, text)) and not re.search(_QUOTED, text)


def _change(spelt: str, text: str, *words: str) -> Intent | None:
    is_asked_to = "P" in spelt
    if not is_asked_to and ("?" in text or "G" in spelt):  # `raise it to $5?` asks, `setting it to $5` tells
        return None
    if {"+", "-"} <= set(spelt):
        return None
    direction: Direction = "" if "reset" in words else "up" if "+" in spelt else "down" if "-" in spelt else ""
    named = _named(spelt)
    return None if named is None else Intent("budget", (*words, *named), is_sure=True, direction=direction)


def _letters(words: list[str], lexicon: Lexicon) -> str:
    return "".join(marks[0] for _, marks in marks_of(words, lexicon.change))


def _named(letters: str) -> tuple[str, ...] | None:
    """The window and whose budget, `None` where they contradict each other."""
    named = set(letters)
    if len(named & {"d", "m"}) > 1 or named >= {"m", "t"} or ("i" in named and not named.isdisjoint("ce")):
        return None
    window = "day" if named & {"d", "t"} else "month" if "m" in named else None
    whose = "channel" if "c" in named else "everything" if "e" in named else "mine" if "i" in named else None
    return tuple(filter(None, (window, whose)))


def _canonical(amount: str) -> str:
    """`05,50` as `5.50`."""
    whole, _, cents = amount.replace(",", ".").partition(".")
    return f"{int(whole)}.{cents}" if cents else str(int(whole))
