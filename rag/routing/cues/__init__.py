"""The words that tell tasks apart, each under a letter that says what it does in a question.

The rules in `tasks.py` are patterns over these letters; a capital letter is a close relative of the small one.

    l  leads up to what is asked                 please, can you, tell me
    h  asks how to do something                  how do I, como faço para
    w  asks for a fact                           who, where, how many
    u  asks what something is                    what is, o que é
    y  asks whether something is so now          is, has, did, já
    k  asks whether something is possible        can I, do we, posso
    m  asks for something to be made             write, fix, convert
    M  asks for code to be made                  refactor, debug
    i  asks for something to be given            give me, I need, explain
    r  asks for a text to be worked through      summarise, compare, review
    c  a piece of code                           script, query, unit test
    t  a language or tool that code is for       Python, SQL, nginx
    e  the whole of something, or a digest       all, overview, table
    E  the weightiest of several                 main, biggest
    a  something found by reading widely         differences between, pros and cons
    A  what is shown in the message, or with it  attached, below, this text
    T  points at what is shown                   this, these
    d  a document that says how things are done  policy, contract, handbook
    D  another text                              report, minutes, section
    n  the present                               now, today, this week
    j  the present, said of a thing              current, latest
    s  a state that passes                       down, finished, still
    z  a verb that says such a state             está, caiu, terminou
    v  always about the present                  weather, status of
    q  a look-up                                 meaning of, capital of, km
    p  a pleasantry                              hello, thanks
    P  a word of assent                          yes, ok, perfect
    f  begins a purpose                          for, to, that
    g  begins a means                            in, with, using
    b  begins anything else                      of, from, about
    o  points at something known                 the, our, my
    x  a number
    -  any other word, and a phrase that only looks like one of the above
    .  the end of a clause
    ?  the end of one that asks

Words are in lower case and without accents, as `fold` leaves them; what follows an apostrophe is a word (`what s`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rag.model import Language
from rag.routing.cues.both import BOTH
from rag.routing.cues.english import ENGLISH
from rag.routing.cues.portuguese import PORTUGUESE

Lexicon = Mapping[str, Sequence[tuple[list[str], str]]]
"""By their first word: phrases, as lists of words, the longest first, each with what it is spelt as."""


def _lexicon(*parts: Mapping[str, str]) -> Lexicon:
    phrases: defaultdict[str, list[tuple[list[str], str]]] = defaultdict(list)
    for letter, listed in (item for part in parts for item in part.items()):
        for words in (phrase.split() for phrase in listed.split(",")):
            phrases[words[0]].append((words, letter))
    for known in phrases.values():
        known.sort(key=lambda phrase: len(phrase[0]), reverse=True)
    return MappingProxyType(dict(phrases))


LEXICONS: Mapping[Language, Lexicon] = MappingProxyType(
    {"en": _lexicon(ENGLISH, BOTH), "pt": _lexicon(PORTUGUESE, BOTH)}
)
