"""The words of money and status, each under the marks that say what it does in a message.

    -             says nothing of its own               the, please, show me, so far
    amount        asks for a quantity                   how much, quantos
    what          asks what something is                what is
    why           asks for a reason                     why, por que
    total         a sum of anything                     total, quanto já foi
    token         what models are paid by               token, tokens
    cost          money that was spent; with one of:
    spend         by the bot, if nothing else is named  spent, gasto
    priced        or the price of something             costs, custo
    paid, billed  or wages, customers, invoices         pay, fatura
    use           may mean what was spent               used, usou
    usage         its nouns                             usage, consumo
    money         in general                            dollars, grana
    budget        money that may be spent               budget, spending limit, verba
    afford        asks for it                           afford
    left          what remains of it                    remaining, sobrou
    balance       the same, of nothing but money        balance, saldo
    room          the same, a metaphor                  headroom, respiro
    spare         the same, or people who have time     available, falta
    credit        money that was paid before            credits
    reach         how near its end is                   exceeded, estourou
    limit         how much may be asked                 rate limit, cota
    cap           a budget or a limit                   cap, ceiling
    max           of a limit                            maximum
    may           permission                            can, posso
    have          possession                            is there, temos
    ask           what is done with the bot             ask, perguntar
    rate          how often                             per minute, quantas vezes
    thing         what is counted                       questions, tokens
    unit          what an average is taken of           a question, por resposta
    single        one of whom costs can be split by     a user, an employee
    own           the bot's work                        answers, AI
    self          the bot                               you, the bot
    api           the bot's, or the team's              API
    vendor, model_name                                  OpenAI, Claude
    today, yesterday, week, last-week, month, last-month, day, monthly
    weekly        of a week, for costs alone
    other_period  one that no command knows             this year, amanhã
    mine, channel, everything                           my, this channel, we
    here          this channel, if nobody is named      here, aqui
    user, dim_…   what costs can be split by            person, model, provedor
    each          splits by what follows                per, which, por
    what_each     the same, directly before it          what, que
    by:user       splits by person                      each of us
    who           the same, where money was spent       who, quem
    most          the most of something                 biggest, mais
    asker, asks   somebody who has the question         my boss, wants to know
    it            something that was named before       it, its
    state         how the bot or a provider is          down, fora do ar
    state_weak    the same, or a word of assent         ok
    state_of_us   the same, of whoever is spoken to     are you there, tá aí
    how_are       asks for it                           how are, como estão
    outage        a state that costs money              outage, queda
    all           everything that runs                  everything, tudo
    object        what the bot keeps no books of        how many days, per seat, policy
    docs          asks how to do something              how do I, should, explain
    changes       orders a change                       raise, aumenta
    so_far        speaks of what is in the books        so far, já
    leads         what follows is a thing               the, for, com

A phrase comes before a shorter one with the same beginning, and has the marks of all places where it stands. Words that
are in no phrase may be plain (they carry no object) or other (they are one that the bot keeps no books of); what is
neither is a stranger, unless it is a slip of the keys: two letters swapped, one too many, missing or, in a longer word,
wrong, but never the first.
Words under `…_CHANGE` are spelt as letters, in which `bot.intent.change` reads an order:

    P  asks the bot to do something      p  politeness               j  may stand anywhere
    W  wants something to be             w  from now on              h  has, gets
    s  sets    r  raises or lowers       z  resets                   D  the default
    b  a budget                          l  a limit of any kind      v  to spend
    d  a day   m  a month                t  this day alone
    c  this channel's                    e  everybody's              i  one's own
    k  to      u  up to                  q  at, of                   $  dollars

Words are in lower case and without accents, as `fold` leaves them; what follows an apostrophe is a word (`what s`).
Under `…_SLIPS` are shorter words that slips are known of, and under `…_NO_SLIPS` words that only look like slips.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from rag.model import Language

Phrase = tuple[list[str], tuple[str, ...]]
Phrases = Mapping[str, Sequence[Phrase]]
"""By their first word: phrases, as lists of words, the longest first, each with its marks."""

LANGUAGES: tuple[Language, ...] = ("en", "pt")

# In shorter words, a letter wrong makes another word too often.
_FEWEST_LETTERS_FOR_SLIPS = 5
_FEWEST_LETTERS_WITH_ONE_WRONG = 7
_CORES = """
total token unit cost use money budget cap afford room left balance limit ask rate thing state state_weak state_of_us
dim_provider vendor reach
"""
_CORE_MARKS = frozenset(_CORES.split())


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of a language.

    Attributes:
        change: The same for orders to change a budget, with letters for marks.
        known: Every word of all these, and those that only look like slips.
        cores: Words without which nothing is about money or status.
        misspelt: Slips that no rule finds.
        trimmed: Words that slips are known of, by themselves without one letter.
    """

    phrases: Phrases
    change: Phrases
    plain: frozenset[str]
    other: frozenset[str]
    known: frozenset[str]
    cores: frozenset[str]
    misspelt: Mapping[str, str]
    trimmed: Mapping[str, Sequence[str]]

    def spelt(self, word: str) -> str:
        """The word that was meant, as far as that is known."""
        if word in self.misspelt:
            return self.misspelt[word]
        if word in self.known or len(word) < _FEWEST_LETTERS_FOR_SLIPS - 1 or word[0].isdigit():
            return word
        for shorter in (word, *_without_a_letter(word)):
            for meant in self.trimmed.get(shorter, ()):
                if _is_slip(word, meant):
                    return meant
        return word


@cache
def lexicon_of(language: Language) -> Lexicon:
    """Put a language's words together; it takes some milliseconds, so only when they are first needed."""
    # Many processes never read a message: the words are not even loaded before.
    from bot.intent.words import both, english, other, plain, portuguese

    if language == "en":
        verbs = {form for verb in plain.ENGLISH_VERBS.split() for form in plain.english_forms(verb)}
        words, change = (both.BOTH, english.ENGLISH), english.ENGLISH_CHANGE
        slips, no_slips = english.ENGLISH_SLIPS, english.ENGLISH_NO_SLIPS
        plain_words, other_words = plain.ENGLISH_PLAIN, other.ENGLISH_OTHER
    else:
        verbs = {form for verb in plain.PORTUGUESE_VERBS.split() for form in plain.portuguese_forms(verb)}
        words, change = (both.BOTH, portuguese.PORTUGUESE), portuguese.PORTUGUESE_CHANGE
        slips, no_slips = portuguese.PORTUGUESE_SLIPS, portuguese.PORTUGUESE_NO_SLIPS
        plain_words, other_words = plain.PORTUGUESE_PLAIN, other.PORTUGUESE_OTHER
    phrases = _phrases(*words)
    listed = [phrase for beginning_alike in phrases.values() for phrase in beginning_alike]
    plain_ones = frozenset(verbs.union(plain_words.split()))
    others = frozenset((*other_words.split(), *other.NAMES.split()))
    misspelt = dict(slip.split("=") for slip in slips.split() if "=" in slip)
    meant = {word for phrase, marks in listed if marks for word in phrase if len(word) >= _FEWEST_LETTERS_FOR_SLIPS}
    return Lexicon(
        phrases,
        _phrases(change),
        plain_ones,
        others,
        frozenset({word for phrase, _ in listed for word in phrase}.union(plain_ones, others, no_slips.split())),
        frozenset(max(phrase, key=len) for phrase, marks in listed if not _CORE_MARKS.isdisjoint(marks)),
        MappingProxyType(misspelt),
        _trimmed(sorted(meant.union(word for word in slips.split() if "=" not in word))),
    )


def _phrases(*parts: Mapping[str, str]) -> Phrases:
    marked: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for marks, listed in (item for part in parts for item in part.items()):
        for phrase in listed.split(","):
            marked[tuple(phrase.split())] += [mark for mark in marks.split() if mark != "-"]
    phrases: defaultdict[str, list[Phrase]] = defaultdict(list)
    for words in sorted(marked, key=len, reverse=True):
        phrases[words[0]].append((list(words), tuple(marked[words])))
    return MappingProxyType(dict(phrases))


def _trimmed(words: Sequence[str]) -> Mapping[str, Sequence[str]]:
    trimmed: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        for shorter in {word, *_without_a_letter(word)}:
            trimmed[shorter].append(word)
    return MappingProxyType(dict(trimmed))


def _without_a_letter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


def _is_slip(typed: str, meant: str) -> bool:
    """Two letters swapped, one too many, missing or, in a longer word, wrong."""
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    end = 0
    while end < min(len(typed), len(meant)) - start and typed[-1 - end] == meant[-1 - end]:
        end += 1
    wrong, right = typed[start : len(typed) - end], meant[start : len(meant) - end]
    if len(wrong) == len(right) == 1:
        return len(meant) >= _FEWEST_LETTERS_WITH_ONE_WRONG
    return len(wrong) + len(right) == 1 or (len(wrong) == 2 and wrong == right[::-1])
