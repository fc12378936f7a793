"""Orders to change a budget: read whole or not at all, because money must not be changed by a guess."""

from __future__ import annotations

import re

from bot.intent.meaning import Intent
from bot.intent.reading import marks_of, words_of
from bot.intent.words import Lexicon

# Patterns are compiled, by `re`, when the first message with an amount is read: few processes ever read one.
_SPELT_AMOUNT = "9"
# `1,000` is a thousand to some and one to others, so it is no amount.
_AMOUNT = r"(?<![\w.,])(us\$|\$)? ?([0-9]{1,6}(?:[.,][0-9]{1,2})?)(?![\w%]|[.,]\d)(\$(?!\w))?"
# Signs that could change an amount, such as `-`, `%` and other currencies, are not among these, nor are
# quotation marks.
_SIGNS = r"[\w\s.,:;!?/'’()=]*"
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
        (?: [pP]* | [jceip]*W[wpjtdm]* | [jceip]*W[wpj]*[ceij]+ )  # `I want this channel to have`
        (?: s [^9PWDsrz?]*
          | l (?![dmq]) (?=.*b) [^9PWDsrz?]* | l (?=.*b) [^9PWDsrz?]* k  # `limit spending`, not `limit: 5 dollars`
          | l [jcei]+ [ku]                           # `limit me to $2`
          | r [^9PWDsrz?]* [ku] )                     # what is raised must be raised `to` an amount, not by one
      | [jceip]*W[jp]* [dmceij]* b [bdmceij]* [kq]+  # `I want my budget to be`
      | [jceip]*W[jp]* (?=9\$)                       # `I'd like $13 a day as my budget`
      | p* [dmceij]* b [qdmceij]* k                  # `daily budget to $9`
      | (?<=w) [pjcei]* h [^9PWDsrz?]*                # `from now on the team gets`
    )
    9 \${0,2} [blvdmtceijpqwk]*
"""
_RESET = r"[pPw]*(?:z[blceidmjpqkDw]*|s?[srg][blceidmjpqw]*k[blceidmjpqw]*D[blceidmjpqw]*)"


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
    if not re.fullmatch(_SIGNS, rest):
        return None
    words = words_of(rest)
    at = words.index(_SPELT_AMOUNT)
    before, after = (_letters(part, lexicon) for part in (words[:at], words[at + 1 :]))
    sign, amount, sign_after = amounts[0]
    letters = f"{before}{_SPELT_AMOUNT}{'$' if sign or sign_after else ''}{after}"
    named = set(letters)
    if not re.fullmatch(_ORDER, letters) or not (named & {"b", "v"} or named >= {"l", "$"}):
        return None
    return _change(letters, text, "lift" if "t" in letters else "set", _canonical(amount))


def _reset_of(text: str, lexicon: Lexicon) -> Intent | None:
    if not re.fullmatch(_SIGNS, text):
        return None
    letters = _letters(words_of(text), lexicon)
    if not re.fullmatch(_RESET, letters) or "b" not in letters:
        return None
    return _change(letters, text, "reset")


def _change(letters: str, text: str, *words: str) -> Intent | None:
    if "?" in text and "P" not in letters:  # `raise it to $5?` asks
        return None
    named = _named(letters)
    return None if named is None else Intent("budget", (*words, *named), is_sure=True)


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
