"""The sentences of the bot itself, in every language it speaks, and how that language writes numbers and dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from pathlib import Path
from types import MappingProxyType

LOCALES = ("en", "pt-BR")

_SPANS = (("format.days", 86_400), ("format.hours", 3600), ("format.minutes", 60))
_MICRO = 1_000_000
_MICRO_PER_CENT = 10_000
_CENTS = 2


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's sentences. Calling it with a key words that sentence.

    Attributes:
        sentences: By dotted key; `{names}` stand for what is filled in.
        locale: One of `LOCALES`.
    """

    sentences: Mapping[str, str]
    locale: str = "en"

    def __call__(self, key: str, /, **values: str) -> str:
        """The sentence, filled in.

        Raises:
            KeyError: There is no such sentence, or a value that it needs is missing.
        """
        return self.sentences[key].format(**values)

    def count(self, key: str, amount: int) -> str:
        """An amount with its noun in the right number: `1 document`, `1,200 documents`."""
        form = "one" if amount == 1 else "other"
        return self(f"{key}.{form}", amount=self.number(amount))

    def number(self, value: float, *, decimals: int = 0) -> str:
        """A number with this language's separators."""
        return self._localised(f"{value:,.{decimals}f}")

    def seconds(self, seconds: float) -> str:
        """A duration, in hundredths below one second and in tenths above."""
        return self("format.seconds", amount=self.number(seconds, decimals=2 if seconds < 1 else 1))

    def span(self, seconds: float) -> str:
        """A length of time that needs no precision: `45 s`, `12 min`, `2 h`, `3 d`."""
        for unit, length in _SPANS:
            if seconds >= 2 * length:
                return self(unit, amount=self.number(seconds / length))
        return self("format.seconds", amount=self.number(seconds))

    def percent(self, share: float) -> str:
        """A share between 0 and 1."""
        return self("format.percent", amount=self.number(100 * share))

    def usd(self, micro_usd: int) -> str:
        """An amount of money to the last micro-dollar, with no more decimals than it needs and no fewer than cents."""
        whole, micros = divmod(micro_usd, _MICRO)
        decimals = f"{micros:06d}".rstrip("0").ljust(_CENTS, "0")
        return self("format.usd", amount=self._localised(f"{whole:,}.{decimals}"))

    def usd_in_cents(self, micro_usd: int) -> str:
        """An amount in whole cents, rounded down: nobody is told of money that is not there."""
        return self.usd(micro_usd // _MICRO_PER_CENT * _MICRO_PER_CENT)

    def moment(self, moment: datetime, zone: tzinfo = UTC) -> str:
        """A date and time, in UTC or where the books' days begin: the bot does not know where its reader sits."""
        local = moment.astimezone(zone)
        return f"{local.strftime(self.sentences['format.moment'])} {local.tzname()}"

    def day(self, day: date) -> str:
        """A date."""
        return day.strftime(self.sentences["format.day"])

    def days(self, first: date, last: date) -> str:
        """A date, or from one to another."""
        return (
            self.day(first) if first == last else self("format.days_from", first=self.day(first), last=self.day(last))
        )

    def _localised(self, english: str) -> str:
        separators = {",": self.sentences["format.thousands"], ".": self.sentences["format.decimal"]}
        return "".join(separators.get(character, character) for character in english)


@cache  # packaged files never change while the program runs
def phrases_in(locale: str) -> Phrases:
    """The sentences of one of `LOCALES`, from all files of its folder."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C: every start waits for it
    sentences: dict[str, str] = {}
    for file in sorted(Path(__file__).with_name(locale).glob("*.yaml")):
        sentences |= _flat(yaml.load(file.read_text(encoding="utf-8"), loader))  # noqa: S506 - either is a safe one
    return Phrases(MappingProxyType(sentences), locale)


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """`{a: {b: text}}` as `{"a.b": text}`."""
    flat: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = str(value)
    return flat
