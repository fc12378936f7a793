"""Who people are and where they are, as Slack tells it: asked once, and remembered for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from cachetools import TTLCache

from bot.messages import Locale, Person
from bot.platforms.memory import Memory
from bot.platforms.slack.web import Json, SlackError, Web
from rag.ports import Clock

log = logging.getLogger(__name__)

Kind = Literal["channel", "private", "group", "direct"]
Groups: TypeAlias = Mapping[str, frozenset[str]]
"""The user groups of people, by their ids and by their handles; whoever is in none is left out."""

_PEOPLE_S: Final = 3_600.0
_MOST_SHARED: Final = 10_000
_PLACES_S: Final = 600.0
_GROUPS_S: Final = 300.0
# Whoever waits for an answer does not wait for what Slack has to say of them any longer.
_LONGEST_S: Final = 5.0
_MOST_NAMES: Final = 20
# What an imitation of Slack says that has no such method.
_NO_SLACK: Final = "unknown_method"


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
        enterprise: The id of the organisation that the workspace is a part of; empty where it is of none.
        locale: The language of people of whom Slack says no other.
    """

    def __init__(self, web: Web, clock: Clock, *, team: str, locale: Locale, enterprise: str = "") -> None:
        self._web = web
        self._team = team
        self._enterprise = enterprise
        self._locale: Locale = locale
        self._profiles = Memory(self._ask_profile, _guess_profile, clock, kept_s=_PEOPLE_S, refusal=SlackError)
        self._shared = TTLCache[str, bool](_MOST_SHARED, _PLACES_S, timer=clock.monotonic)
        self._places = Memory(self._ask_place, _guess_place, clock, kept_s=_PLACES_S, refusal=SlackError)
        self._groups = Memory(
            self._ask_groups, lambda *_: self._last_groups, clock, kept_s=_GROUPS_S, refusal=SlackError
        )
        self._last_groups: Groups = {}

    async def person(self, user: str, channel: str, *, team: str = "", is_shared: bool = False) -> Person:
        """Somebody who writes in a place; whatever is to be asked for that is asked side by side.

        Args:
            channel: The place; empty for none.
            team: Theirs, where the event says it.
            is_shared: The event says that people of other organisations read along.
        """
        place, profile, groups = await asyncio.gather(
            self.place(channel, is_shared=is_shared), self._profiles.of(user), self._groups.of("all")
        )
        is_stranger = bool(team) and not self._is_ours(team)
        return Person(
            id=user,
            locale=self._locale_of(profile.locale),
            workspace=self._team,
            roles=groups.get(user, frozenset()),
            is_outside=profile.is_outside or place.is_shared or is_stranger,
        )

    async def place(self, channel: str, *, is_shared: bool = False) -> Place:
        """A place by its id; `is_shared` is what the event says."""
        if is_shared:  # not every event says so
            self._shared[channel] = True
        is_shared = channel in self._shared
        if not channel or channel.startswith("D"):
            return Place(channel, "direct", is_shared=is_shared)
        known = await self._places.of(channel)
        return Place(known.id, known.kind, known.name, is_shared=known.is_shared or is_shared)

    async def names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """What people and places are called, as far as it is known or can be asked."""
        asked = list(ids)[:_MOST_NAMES]
        names = await asyncio.gather(*map(self._name, asked))
        return {one: name for one, name in zip(asked, names, strict=True) if name}

    async def locale(self, user: str) -> Locale:
        """The language that somebody reads."""
        return self._locale_of((await self._profiles.of(user)).locale)

    def forget_place(self, channel: str) -> None:
        """Ask again what a place is: it was shared, or is shared no more."""
        self._shared.pop(channel, None)
        self._places.forget(channel)

    def forget_groups(self) -> None:
        """Ask again who is in which user group."""
        self._groups.forget("all")

    def _locale_of(self, told: str) -> Locale:
        if not told:
            return self._locale
        return "pt-BR" if told.lower().startswith("pt") else "en"

    async def _name(self, one: str) -> str:
        if one[0] in "UW":
            return (await self._profiles.of(one)).name
        return (await self.place(one)).name if one[0] in "CG" else ""

    def _is_ours(self, team: str) -> bool:
        """Whether a workspace is this one; the organisation that it is a part of is told in its place, too."""
        return team in {self._team, self._enterprise} - {""}

    def _is_outside(self, told: Json) -> bool:
        if any(told.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger")):
            return True
        # `is_stranger` is not said of people whom the app may see, in a shared channel for example.
        organisation = str(_part(told, "enterprise_user").get("enterprise_id") or "")
        team = str(told.get("team_id") or self._team)
        return not self._is_ours(team) and not (organisation and organisation == self._enterprise)

    async def _ask_profile(self, user: str) -> Profile:
        told = _part(await self._ask("users.info", user=user, include_locale="true"), "user")
        return Profile(_name_of(told), is_outside=self._is_outside(told), locale=str(told.get("locale") or ""))

    async def _ask_place(self, channel: str) -> Place:
        told = _part(await self._ask("conversations.info", channel=channel), "channel")
        return Place(channel, _kind_of(told), str(told.get("name") or ""), is_shared=_is_shared(told))

    async def _ask_groups(self, _all: str) -> Groups:
        """The user groups of everybody who is in one; as known last while Slack does not tell."""
        if not self._web.lacks("usergroups.list"):
            try:
                told = await self._ask("usergroups.list", include_users="true")
            except SlackError as error:
                log.warning("who is in which group is not known: %s", error)
            else:
                self._last_groups = _by_person(cast("list[Json]", told.get("usergroups") or []))
        return self._last_groups

    async def _ask(self, method: str, **arguments: str) -> Json:
        """Ask Slack, but not for long.

        Raises:
            SlackError: It does not say.
        """
        if self._web.why_lacks(method) == _NO_SLACK:
            raise SlackError(method, _NO_SLACK)
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._web.call(method, token=None, waits=True, **arguments)
        except TimeoutError as error:
            raise SlackError(method, "unreachable") from error


def _guess_profile(user: str, error: SlackError) -> Profile:
    """Who cannot be told from a guest is taken for one; an imitation of Slack has no guests."""
    return Profile("", is_outside=_is_told_by_others(user, error))


def _guess_place(channel: str, error: SlackError) -> Place:
    """Where outsiders may read along, they do: where the bot is no member, nobody tells it what the place is."""
    kind: Kind = "private" if channel.startswith("G") else "channel"
    return Place(channel, kind, is_shared=_is_told_by_others(channel, error))


def _is_told_by_others(what: str, error: SlackError) -> bool:
    """Whether it would be told, if not now: an imitation of Slack may not have the method at all."""
    if error.code == _NO_SLACK:  # that is told once, of the method
        return False
    log.warning("not known of %s: %s", what, error)
    return True


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


def _by_person(groups: Iterable[Json]) -> Groups:
    found: dict[str, set[str]] = {}
    for group in groups:
        for user in cast("list[str]", group.get("users") or []):
            found.setdefault(user, set()).update(str(group[name]) for name in ("id", "handle") if group.get(name))
    return {user: frozenset(names) for user, names in found.items()}
