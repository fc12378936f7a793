"""What the core knows of English and Portuguese: which one a text is in, its terms and its sentences.

Rules only, no model and no data file: a question is sorted in microseconds.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rag.model import Language

_ENGLISH = """
a about above after again against all also am an and any are aren as at be because been before being below between
both but by can cannot could couldn d did didn do does doesn doing don down during each every few for from further
had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself
just ll m may me might mine more most must my myself no nor not of off on once only or other our ours ourselves out
over own please re s same shall she should shouldn so some such t tell than that the their theirs them themselves
then there these they this those through to too under until up upon us ve very was wasn we were weren what whatever
when where whether which while who whom whose why will with within without won would wouldn you your yours yourself
yourselves
"""

_PORTUGUESE = """
a à agora ainda além algo alguém algum alguma algumas alguns ante antes ao aos aonde apenas após aquela aquelas aquele
aqueles aquilo as às assim até cada com como contra cujo cuja cujos cujas da daquela daquele daquilo das de dela delas
dele deles depois desde dessa dessas desse desses desta destas deste destes deve devem devo disso disto do dos durante
e é ela elas ele eles em enquanto então entre és essa essas esse esses esta está estamos estão estar estas
estava estavam este estes estou eu faz fazem fazer foi for foram fosse há isso isto já la lhe lhes lo logo mais mas me
mesma mesmas mesmo mesmos meu meus mim minha minhas muita muitas muito muitos na nada não nas nela nele nem nenhum
nenhuma nessa nesse nesta neste no nos nós nossa nossas nosso nossos num numa o onde os ou outra outras outro outros
para pela pelas pelo pelos pode podem poder poderia posso pois por porém porquê porque pra pro próprio própria qual
quais qualquer quaisquer quando quanta quantas quanto quantos que quê quem se seja sejam sem sempre sendo ser será
serão seu seus si sido sim sob sobre só somos sou sua suas são também tal tão te tem têm temos tendo tenho ter teu teus
teve tinha tive tu tua tuas tudo um uma umas uns vai vamos vão você vocês vos vou
"""

_EVIDENCE_CHARS = 4_000
_FEWEST_CHARS_PER_TOKEN = 3
# About 6 MB when full; a team's documents have some 30,000 different words.
_REMEMBERED_STEMS = 50_000
_ACCENTED = frozenset("áâãàçéêíóôõú")
_PORTUGUESE_ENDINGS = ("cao", "coes", "dade", "mento", "mente")
_EDGES = ".,;:!?…()[]{}<>\"'“”‘’«»*_`#-"

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """The text in lower case and without accents: `Configuração` and `configuracao` become equal."""
    text = text.lower()
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _stop_words(listed: str) -> frozenset[str]:
    # People type `nao` as often as `não`.
    return frozenset(form for word in listed.split() for form in (word, fold(word)))


STOP_WORDS: Mapping[Language, frozenset[str]] = MappingProxyType(
    {"en": _stop_words(_ENGLISH), "pt": _stop_words(_PORTUGUESE)}
)
"""Words that say nothing of what a text is about, question words among them; lower case, with and without accents."""

_ONLY_ENGLISH = STOP_WORDS["en"] - STOP_WORDS["pt"]
_ONLY_PORTUGUESE = STOP_WORDS["pt"] - STOP_WORDS["en"]


def detect_language(text: str) -> Language:
    """The language that the beginning of `text` is written in; English where nothing tells.

    Each stop word of one language alone counts, as do Portuguese letters and endings.
    """
    english = portuguese = 0
    for raw in text[:_EVIDENCE_CHARS].lower().split():
        word = raw.strip(_EDGES)
        if word in _ONLY_ENGLISH:
            english += 1
        elif word in _ONLY_PORTUGUESE or _looks_portuguese(word):
            portuguese += 1
    return "pt" if portuguese > english else "en"


def _looks_portuguese(word: str) -> bool:
    return not _ACCENTED.isdisjoint(word) or (len(word) > 6 and word.endswith(_PORTUGUESE_ENDINGS))


class Analyzer:
    """Turns text into the terms that two texts are compared by.

    Built once and shared: it remembers the stems of words it has met, and may be called from any thread.
    """

    def __init__(self) -> None:
        self._stems: Mapping[Language, _Stems] = {
            "en": _Stems("english", STOP_WORDS["en"]),
            "pt": _Stems("portuguese", STOP_WORDS["pt"]),
        }

    def terms(self, text: str, language: Language) -> list[str]:
        """The stems of `text` without stop words, folded, in the order of the text, repetitions kept.

        Words are split at everything that is neither letter nor digit, as the full-text index does.
        """
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        stems = self._stems[language]
        return [stem for word in _WORD.findall(text.lower()) if (stem := stems[word])]


class _Stems(dict[str, str]):
    """Words and their folded stems, empty for a stop word: looked up in C, computed for a word met the first time."""

    def __init__(self, algorithm: str, stop_words: frozenset[str]) -> None:
        super().__init__()
        # Off the start path: whoever never compares texts does not load the C library.
        import Stemmer

        self._stemmer = Stemmer.Stemmer(algorithm)
        self._stop_words = stop_words
        # A Snowball stemmer works in one buffer of its own.
        self._lock = threading.Lock()

    def __missing__(self, word: str) -> str:
        with self._lock:
            if len(self) >= _REMEMBERED_STEMS:
                self.clear()
            stem = "" if word in self._stop_words else fold(self._stemmer.stemWord(word))
            self[word] = stem
        return stem


_INTRODUCING_ABBREVIATIONS = """
al approx aprox av cf dr dra drs e.g eg eng ex exma exmo fig figs gen i.e ie ilma ilmo incl messrs mr mrs ms p.ex prof
profa profs resp rev sr sra sras srs sta sto vs
"""
_NUMBER_ABBREVIATIONS = "art arts cap caps ch ed eq n no nos nr nº núm num p pag pág pp sec seç tab v vol vols"
# Something always follows these, so their full stop ends no sentence.
_INTRODUCING = frozenset(_INTRODUCING_ABBREVIATIONS.split())
# Nor these, where a number follows; elsewhere they may be words (`the answer is no.`).
_NUMBERED = frozenset(_NUMBER_ABBREVIATIONS.split())
_LONGEST_ABBREVIATION = 12

_TERMINATOR = re.compile(r"(?<![.!?…])([.!?…]++)[\"'”’»)\]*_`]*+(?=\s)")
_OPENERS = "*_\"'“‘«([¿¡ \t\n"
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_ORDINAL = re.compile(r"[#>\s]*(?:\d+\.)*\d+")

_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_STARTS_UNIT = re.compile(
    r"""\s*(?:
        [-*+•]\s            # list item
      | \d{1,4}[.)]\s       # numbered item
      | \#{1,6}\s | \|      # heading, table row
      | >>>\s | \$\s | \#! | // | /\* | \*/ | @\w+\s*$ | @\w+\( | </?\w     # code and markup
      | (?:def|class|function|func|fn|interface|struct)\s+[\w.]+\s*[({:<]
      | import\s\S+\s*$ | from\s\S+\simport\s | return\b[^.]*[;)\]}]\s*$
      | (?:(?:const|let|var|export)\s+)?[\w.\[\]"']+\s?[-+:]?=\s   # assignment
      | ["']?[\w.-]+["']?:(?:\s+\S+)?\s*$                           # key: value
    )""",
    re.VERBOSE,
)
_STANDS_ALONE = re.compile(r"\s*(?:#{1,6}\s|\|)|.*(?:[{};]|\):)\s*$")


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of `text` are: spans in order, without surrounding white space, covering all else.

    Knows the abbreviations of English and Portuguese, decimals, versions, file names and addresses. List items,
    table rows, headings and lines of code are sentences of their own; a line break in a wrapped paragraph is not an
    end.
    """
    return [span for start, end in _units(text) for span in _split_unit(text, start, end)]


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that belong together: a wrapped paragraph, a list item with its continuation, one line of code."""
    start = position = 0
    fenced = alone = False
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line) is not None
        if fenced or fence or alone or line.isspace() or _STARTS_UNIT.match(line):
            if start < position:
                yield start, position
            start = position
        alone = not fence and _STANDS_ALONE.match(line) is not None
        if fence:
            fenced = not fenced
            alone = True
        position += len(line)
    if start < position:
        yield start, position


def _split_unit(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _TERMINATOR.finditer(text, start, end):
        if _ends_sentence(text, begin, match, end):
            yield from _trimmed(text, begin, match.end())
            begin = match.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        yield start, start + len(stripped)


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    following = text[match.end() : min(end, match.end() + 16)].lstrip(_OPENERS)[:1]
    if following.islower():
        return False
    if match[1] != ".":
        return True
    if _ORDINAL.fullmatch(text, begin, match.start()):
        return False
    words = text[max(begin, match.start() - _LONGEST_ABBREVIATION) : match.start()].split()
    word = words[-1].lstrip(_OPENERS) if words else ""
    if word.lower() in _INTRODUCING or (word.isupper() and _ACRONYM.fullmatch(word)):
        return False
    return not (following.isdigit() and word.lower() in _NUMBERED)


def estimate_tokens(characters: int, texts: int = 1) -> int:
    """About how many tokens some texts have, rather too many than too few.

    English and Portuguese prose has about four characters to a token, and three are counted; code and other scripts
    can have fewer.
    """
    return characters // _FEWEST_CHARS_PER_TOKEN + texts
