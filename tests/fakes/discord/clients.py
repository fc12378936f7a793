"""What people do with the bot in their clients: they run its commands, press its buttons and fill in its forms.

A client offers what is there and nothing else; asking for anything else is an error of the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Any, Literal

from tests.fakes.discord import offers, permissions
from tests.fakes.discord.command_rules import CHAT, MESSAGE, USER
from tests.fakes.discord.commands import Registry
from tests.fakes.discord.components import LINK, SELECTS, buttons, label_of, walk
from tests.fakes.discord.looks import Looks
from tests.fakes.discord.message_shapes import message_json
from tests.fakes.discord.model import (
    ANSWER_WITHIN_S,
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Channel,
    Interaction,
    Json,
    Message,
    User,
)
from tests.fakes.discord.seen import Seen, message_of
from tests.fakes.discord.shapes import channel_json, member_json, user_json

Installed = Literal["guild", "user"]
ATTACHMENT_LIMIT = 10 * 1024 * 1024


class Clients(Looks):
    """People at their clients.

    Attributes:
        registry: The commands of the bot.
    """

    registry: Registry

    async def slash(
        self,
        user: User,
        channel: Channel,
        command: str,
        /,
        *,
        installed_for: Installed = "guild",
        wait: bool = True,
        **options: Any,
    ) -> Interaction:
        """Run a command, with the names of group and sub-command after its own.

        Raises:
            AssertionError: It is not offered there, or not with these options.
        """
        root, path = self._offered(user, channel, command, CHAT, installed_for)
        given, resolved = offers.given(path[-1], options, lambda thing: self._resolved(channel, thing))
        data = self._command_data(root, path, given, channel) | ({"resolved": resolved} if resolved else {})
        return await self._does(COMMAND, user, channel, data, installed_for, wait=wait)

    async def completes(
        self,
        user: User,
        channel: Channel,
        command: str,
        option: str,
        typed: str,
        /,
        *,
        installed_for: Installed = "guild",
        **options: Any,
    ) -> list[str]:
        """Type into an option; the names of what is offered.

        Raises:
            AssertionError: It does not complete, or nothing came: "Loading options failed".
        """
        root, path = self._offered(user, channel, command, CHAT, installed_for)
        focused = offers.option(path[-1], option)
        assert focused.get("autocomplete"), f"{option} does not complete"
        given, _ = offers.given(path[-1], options, lambda thing: self._resolved(channel, thing), partly=True)
        given.append({"name": option, "type": focused["type"], "value": typed, "focused": True})
        data = self._command_data(root, path, given, channel)
        done = await self._does(AUTOCOMPLETE, user, channel, data, installed_for, wait=True)
        assert done.choices is not None, "Loading options failed"
        return [choice["name"] for choice in done.choices]

    async def context(
        self,
        user: User,
        target: Message | Seen | User,
        name: str,
        *,
        channel: Channel | None = None,
        installed_for: Installed = "guild",
        wait: bool = True,
    ) -> Interaction:
        """Choose an entry of the menu of a message or a person."""
        at = target if isinstance(target, User) else message_of(target)
        place = at.channel if isinstance(at, Message) else channel
        assert place is not None, "say in which channel"
        kind = USER if isinstance(at, User) else MESSAGE
        root, _ = self._offered(user, place, name, kind, installed_for)
        resolved = self._resolved(place, at)
        data = self._command_data(root, [root], [], place) | {"target_id": at.id, "resolved": resolved}
        return await self._does(COMMAND, user, place, data, installed_for, wait=wait)

    async def presses(self, user: User, shown: Message | Seen, button: str, *, wait: bool = True) -> Interaction:
        """Press what has that label or custom id.

        Raises:
            AssertionError: There is no such button for this person, or it cannot be pressed.
        """
        message = self._visible(user, shown)
        found = [one for one in buttons(message.components) if button in {label_of(one), one.get("custom_id")}]
        assert found, f"no button {button!r} among {[label_of(one) for one in buttons(message.components)]}"
        assert not found[0].get("disabled"), f"{button!r} cannot be pressed"
        assert found[0]["style"] != LINK, f"{button!r} is a link"
        data = {"custom_id": found[0]["custom_id"], "component_type": 2, "id": found[0]["id"]}
        return await self._uses(user, message, data, wait=wait)

    async def selects(self, user: User, shown: Message | Seen, menu: str, *values: str) -> Interaction:
        """Choose in the menu that has that custom id or placeholder, by values or labels."""
        message = self._visible(user, shown)
        menus = [one for one in walk(message.components) if one["type"] in SELECTS]
        found = next((one for one in menus if menu in {one["custom_id"], one.get("placeholder")}), None)
        assert found is not None, f"no menu {menu!r}"
        assert not found.get("disabled"), f"{menu!r} cannot be used"
        named = {option["label"]: option["value"] for option in found.get("options") or []}
        chosen = [named.get(value, value) for value in values]
        assert not named or set(chosen) <= set(named.values()), f"{menu!r} does not offer {values}"
        data = {"custom_id": found["custom_id"], "component_type": found["type"], "id": found["id"], "values": chosen}
        return await self._uses(user, message, data, wait=True)

    async def submits(self, opened: Interaction, /, *, wait: bool = True, **inputs: str) -> Interaction:
        """Send the form that an interaction opened, filled in by custom id or label.

        Raises:
            AssertionError: None was opened, or the client would not send it like that.
        """
        assert opened.modal is not None, "no form was opened"
        components = offers.filled(opened.modal, inputs)
        data = {"custom_id": opened.modal.custom_id, "components": components}
        made = self._made(MODAL_SUBMIT, opened.user, opened.channel, data, owners=opened.owners)
        made.source, made.made_by = opened.source, opened
        return await self._sends(made, wait=wait)

    async def _uses(self, user: User, message: Message, data: Json, *, wait: bool) -> Interaction:
        owners: Json = {"0": message.channel.guild.id if message.channel.guild else "0"}
        if message.interaction is not None:
            owners = message.interaction.owners
        made = self._made(COMPONENT, user, message.channel, data, owners=owners)
        made.source = message
        return await self._sends(made, wait=wait)

    async def _does(
        self, kind: int, user: User, channel: Channel, data: Json, installed_for: Installed, *, wait: bool
    ) -> Interaction:
        owners = {"1": user.id} if installed_for == "user" else {"0": channel.guild.id if channel.guild else "0"}
        made = self._made(kind, user, channel, data, owners=owners)
        return await self._sends(made, wait=wait)

    def _made(self, kind: int, user: User, channel: Channel, data: Json, *, owners: Json) -> Interaction:
        now, token = self.clock.now(), secrets.token_urlsafe(48)
        context = offers.context_of(channel, self.bot)
        made = Interaction(self.new_id(), token, kind, user, channel, data, now, self.clock, owners, context)
        self.interactions.append(made)
        return made

    async def _sends(self, made: Interaction, *, wait: bool) -> Interaction:
        """Tell the bot, and look at the client until it has answered or the time for it is over."""
        guild = made.channel.guild
        shard = guild.id if guild and guild.joined else None
        told = self.gateway.tell("INTERACTION_CREATE", self._interaction_json(made), guild_id=shard)
        if wait and not told:
            made.given_up = True
        while wait and told and not made.answered and self.clock.now() - made.at_s < ANSWER_WITHIN_S:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(made.acked.wait(), 0.02)
        return made

    def _offered(
        self, user: User, channel: Channel, names: str, kind: int, installed_for: Installed
    ) -> tuple[Json, list[Json]]:
        guild = channel.guild
        assert permissions.may(channel, user, "USE_APPLICATION_COMMANDS"), f"{user.name} may use no commands there"
        everything = self.registry.all(None) + (self.registry.all(guild.id) if guild else [])
        here = [one for one in everything if one["type"] == kind]
        here = [one for one in here if offers.is_offered(one, user, channel, self.bot, installed_for)]
        return offers.path(here, names, kind)

    def _command_data(self, root: Json, path: list[Json], given: list[Json], channel: Channel) -> Json:
        options = given
        for step in reversed(path[1:]):
            options = [{"name": step["name"], "type": step["type"], "options": options}]
        data: Json = {"id": root["id"], "name": root["name"], "type": root["type"]}
        if "guild_id" in root and channel.guild:
            data["guild_id"] = channel.guild.id
        return data | ({"options": options} if options else {})

    def _resolved(self, channel: Channel, thing: object) -> Json:
        """What an interaction tells of something that it names."""
        guild = channel.guild
        if isinstance(thing, Message):
            return {"messages": {thing.id: message_json(thing, self)}}
        if isinstance(thing, User):
            member = guild.members.get(thing.id) if guild else None
            told: Json = {"users": {thing.id: user_json(thing)}}
            return told | ({"members": {thing.id: member_json(member, with_user=False)}} if member else {})
        return offers.resolved(thing, self)

    def _visible(self, user: User, shown: Message | Seen) -> Message:
        message = message_of(shown)
        assert not message.deleted, "the message is gone"
        assert message.ephemeral_to in {None, user}, f"{user.name} does not see that message"
        return message

    def _interaction_json(self, made: Interaction) -> Json:
        channel, guild, user = made.channel, made.channel.guild, made.user
        told: Json = {
            "id": made.id,
            "application_id": self.bot.id,
            "type": made.type,
            "token": made.token,
            "version": 1,
            "data": made.data,
            "channel_id": channel.id,
            "channel": channel_json(channel) | {"permissions": str(permissions.in_channel(channel, user))},
            "locale": user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": made.owners,
            "context": made.context,
            "attachment_size_limit": ATTACHMENT_LIMIT,
            "app_permissions": str(self._app_permissions(channel)),
        }
        if self.careless:
            for name in (
                "channel",
                "entitlements",
                "authorizing_integration_owners",
                "context",
                "attachment_size_limit",
            ):
                del told[name]
        if made.source is not None:
            told["message"] = message_json(made.source, self)
        if guild is None:
            return told | {"user": user_json(user)}
        granted = str(permissions.in_channel(channel, user))
        told |= {"guild_id": guild.id, "guild_locale": guild.locale}
        told["guild"] = {"id": guild.id, "locale": guild.locale, "features": []}
        return told | {"member": member_json(guild.members[user.id]) | {"permissions": granted}}

    def _app_permissions(self, channel: Channel) -> int:
        return permissions.in_channel(channel, self.bot) or permissions.IN_A_DM
