"""What admins are told of at once: budgets, errors, slow answers, providers that are off, models that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final

from bot.alerts.figures import Models, figures
from bot.alerts.rules import Trouble, TroubleKind, seen_in
from bot.alerts.sightings import NOTICE_KIND, OpenTrouble, Sightings
from bot.alerts.wording import card_of, headline_of, line_of, text_of
from bot.choices import Choices
from bot.locales import phrases_in
from bot.messages import Card, Locale, Post
from bot.notices import CardOf
from bot.presence import Presence
from bot.rounds import repeat
from bot.terms import AlertRules
from rag.ports import Clock
from rag.quota.accounts import Accounts

__all__ = [
    "NOTICE_KIND",
    "Alerts",
    "Models",
    "OpenTrouble",
    "Trouble",
    "TroubleKind",
    "alert_cards",
    "headline_of",
    "line_of",
    "text_of",
]

_LOOK_S: Final = 10.0


class Alerts:
    """Looks at the figures every few seconds, and has what is wrong told once, by whichever process sees it first.

    Args:
        models: As they fare in this process.
        also: Told besides the admins' place.
    """

    def __init__(
        self,
        accounts: Accounts,
        models: Models,
        presence: Presence,
        clock: Clock,
        *,
        choices: Choices,
        rules: AlertRules,
        also: Sequence[Post] = (),
    ) -> None:
        self._accounts = accounts
        self._models = models
        self._clock = clock
        self._choices = choices
        self._rules = rules
        self._also = tuple(also)
        self._sightings = Sightings(accounts.database, presence, clock, rules.quiet)

    async def look(self) -> None:
        """See what is wrong now, and write down what there is to tell.

        Raises:
            StateUnavailable: Nobody knows.
        """
        found = await figures(self._accounts, self._models, self._clock.now(), self._rules)
        admins = await self._choices.post()
        if admins is not None:
            await self._sightings.move(admins)
        await self._sightings.report(seen_in(found, self._rules), admins, self._also)

    async def watch(self) -> None:
        """Look again and again; never ends."""
        await repeat(self.look, self._clock, every_s=_LOOK_S)

    async def open_troubles(self) -> tuple[OpenTrouble, ...]:
        """What is wrong now, what has been so longest first.

        Raises:
            StateUnavailable: Nobody knows.
        """
        return await self._sightings.open_troubles()

    async def tidy(self, before: datetime) -> None:
        """Drop what was over before this time.

        Raises:
            StateUnavailable: It cannot be done.
        """
        await self._sightings.tidy(before)


def alert_cards(locale: Locale, zone: tzinfo) -> CardOf:
    """Makes the cards of alerts, in a language and by a clock."""
    phrases = phrases_in(locale)

    async def card(payload: Mapping[str, object]) -> Card:
        return card_of(payload, phrases, zone)

    return card
