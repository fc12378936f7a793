"""Who people are and where they are, as Slack tells it: asked once, and remembered for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeVar, cast

from cachetools import TTLCache

from bot.messages import Locale, Person
from bot.platforms.slack.web import Json, SlackError, Web
from rag.ports import Clock

log = logging.getLogger(__name__)

Kind = Literal["channel", "private", "group", "direct"]
_T = TypeVar("_T")

_REMEMBERED: Final = 20_000
_PEOPLE_S: Final = 3_600.0
_PLACES_S: Final = 600.0
_GROUPS_S: Final = 300.0
# Whoever waits for an answer does not wait for what Slack has to say of them any longer.
_LONGEST_S: Final = 5.0
_MOST_NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody, as Slack knows them.

    Attributes:
        is_outside: A guest, or of another organisation.
        locale: As Slack writes it, such as `pt-BR`; empty where it does not say.
    """

    name: str
    is_outside: bool
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation of Slack's.

    Attributes:
        is_shared: People of other organisations read along.
    """

    id: str
    kind: Kind
    name: str = ""
    is_shared: bool = False


class Directory:
    """People, places and user groups.

    Args:
        team: The workspace's id; who belongs to another is outside.
        locale: The language of people of whom Slack says no other.
    """

    def __init__(self, web: Web, clock: Clock, *, team: str, locale: Locale) -> None:
        self._web = web
        self._clock = clock
        self._team = team
        self._locale: Locale = locale
        self._profiles = TTLCache[str, Profile](_REMEMBERED, _PEOPLE_S, timer=clock.monotonic)
        self._places = TTLCache[str, Place](_REMEMBERED, _PLACES_S, timer=clock.monotonic)
        self._groups: Mapping[str, frozenset[str]] = {}
        self._groups_until_s = 0.0
        self._asking: dict[str, asyncio.Lock] = {}

    async def person(self, user: str, place: Place, *, team: str = "") -> Person:
        """Somebody who writes in a place.

        Args:
            team: Theirs, where the event says it.
        """
        profile = await self._profile(user)
        is_stranger = bool(team) and team != self._team and not team.startswith("E")  # E…: a whole organisation
        return Person(
            id=user,
            locale=self._locale_of(profile.locale),
            workspace=self._team,
            roles=(await self._groups_by_person()).get(user, frozenset()),
            is_outside=profile.is_outside or place.is_shared or is_stranger,
        )

    async def place(self, channel: str, *, is_shared: bool = False) -> Place:
        """A place by its id; `is_shared` is what the event says."""
        if channel.startswith("D"):
            return Place(channel, "direct", is_shared=is_shared)
        known = self._places.get(channel)
        if known is None:
            known = await self._once(f"place {channel}", lambda: self._ask_place(channel))
        return Place(known.id, known.kind, known.name, is_shared=known.is_shared or is_shared)

    async def names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """What people and places are called, as far as it is known or can be asked."""
        named = {}
        for one in list(ids)[:_MOST_NAMES]:
            if one[0] in "UW":
                name = (await self._profile(one)).name
            else:
                name = (await self.place(one)).name if one[0] in "CG" else ""
            if name:
                named[one] = name
        return named

    async def locale(self, user: str) -> Locale:
        """The language that somebody reads."""
        return self._locale_of((await self._profile(user)).locale)

    def forget_place(self, channel: str) -> None:
        """Ask again what a place is: it was shared, or is shared no more."""
        self._places.pop(channel, None)

    def forget_groups(self) -> None:
        """Ask again who is in which user group."""
        self._groups_until_s = 0.0

    def _locale_of(self, told: str) -> Locale:
        if not told:
            return self._locale
        return "pt-BR" if told.lower().startswith("pt") else "en"

    async def _profile(self, user: str) -> Profile:
        known = self._profiles.get(user)
        return known if known is not None else await self._once(f"user {user}", lambda: self._ask_profile(user))

    async def _ask_profile(self, user: str) -> Profile:
        if (known := self._profiles.get(user)) is not None:
            return known
        try:
            told = _part(await self._ask("users.info", user=user, include_locale="true"), "user")
        except SlackError as error:
            # Who cannot be told from a guest is taken for one, until it can; an imitation of Slack has no guests.
            log.warning("who %s is, is not known: %s", user, error)
            return Profile("", is_outside=error.code != "unknown_method")
        profile = Profile(_name_of(told), is_outside=self._is_outside(told), locale=str(told.get("locale") or ""))
        self._profiles[user] = profile
        return profile

    def _is_outside(self, told: Json) -> bool:
        flags = ("is_restricted", "is_ultra_restricted", "is_stranger")
        team = str(told.get("team_id") or self._team)
        of_organisation = told.get("enterprise_user") is not None
        return any(told.get(flag) for flag in flags) or (team != self._team and not of_organisation)

    async def _ask_place(self, channel: str) -> Place:
        if (known := self._places.get(channel)) is not None:
            return known
        try:
            told = _part(await self._ask("conversations.info", channel=channel), "channel")
        except SlackError as error:
            log.warning("what %s is, is not known: %s", channel, error)
            kind: Kind = "private" if channel.startswith("G") else "channel"
            # Where the bot is no member nobody tells it what the place is.
            return Place(channel, kind, is_shared=error.code != "unknown_method")
        place = self._places[channel] = Place(
            channel, _kind_of(told), str(told.get("name") or ""), is_shared=_is_shared(told)
        )
        return place

    async def _groups_by_person(self) -> Mapping[str, frozenset[str]]:
        """The user groups of everybody who is in one, by id and by handle; as known last while Slack does not tell."""
        if self._groups_until_s <= self._clock.monotonic():
            await self._once("groups", self._ask_groups)
        return self._groups

    async def _ask_groups(self) -> None:
        if self._groups_until_s > self._clock.monotonic():
            return
        if not self._web.lacks("usergroups.list"):
            try:
                told = await self._ask("usergroups.list", include_users="true")
            except SlackError as error:
                log.warning("who is in which group is not known: %s", error)
            else:
                self._groups = _by_person(cast("list[Json]", told.get("usergroups") or []))
        self._groups_until_s = self._clock.monotonic() + _GROUPS_S

    async def _ask(self, method: str, **arguments: str) -> Json:
        """Ask Slack, but not for long.

        Raises:
            SlackError: It does not say.
        """
        if self._web.lacks(method):
            raise SlackError(method, self._web.why_lacks(method))
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._web.call(method, token=None, waits=True, **arguments)
        except TimeoutError as error:
            raise SlackError(method, "unreachable") from error

    async def _once(self, what: str, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Ask one thing once at a time: the others who want to know it wait for the same answer."""
        async with self._turn(what):
            return await ask()

    @asynccontextmanager
    async def _turn(self, what: str) -> AsyncIterator[None]:
        lock = self._asking.setdefault(what, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                with suppress(KeyError):
                    del self._asking[what]


def _part(answer: Json, name: str) -> Json:
    part = answer.get(name)
    return part if isinstance(part, Mapping) else {}


def _name_of(user: Json) -> str:
    profile = _part(user, "profile")
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return next((str(name) for name in names if name), "")


def _kind_of(channel: Json) -> Kind:
    if channel.get("is_im"):
        return "direct"
    if channel.get("is_mpim"):
        return "group"
    return "private" if channel.get("is_private") or channel.get("is_group") else "channel"


def _is_shared(channel: Json) -> bool:
    """Whether people of other organisations read along, or may do so any moment."""
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))


def _by_person(groups: Iterable[Json]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in groups:
        for user in cast("list[str]", group.get("users") or []):
            found.setdefault(user, set()).update(str(group[name]) for name in ("id", "handle") if group.get(name))
    return {user: frozenset(names) for user, names in found.items()}
