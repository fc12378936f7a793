"""What people do in Discord, and what is done to the bot: they write, edit, delete, and let it in or put it out."""

from __future__ import annotations

from collections.abc import Iterable

from tests.fakes.discord import intents, permissions
from tests.fakes.discord.app import App
from tests.fakes.discord.model import (
    FORUM,
    REPLY,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
    User,
)
from tests.fakes.discord.seen import Seen, message_of
from tests.fakes.discord.shapes import channel_json, member_json


class People(App):
    """An app with people who use it.

    They can do what their roles and the channel let them; anything else is an error of the test.
    """

    async def says(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | Seen | None = None,
        pings_reply: bool = True,
        attachments: Iterable[Attachment] = (),
    ) -> Message:
        """Post what was typed; mentions are given as Discord writes them."""
        sends = "SEND_MESSAGES_IN_THREADS" if channel.is_thread else "SEND_MESSAGES"
        assert permissions.may(channel, user, sends), f"{user.name} may not write there"
        assert not channel.locked, "the thread is locked"
        if channel.archived:
            channel.archived = False
            self.change_thread(channel)
        message = Message(self.new_id(), channel, user, text.strip(), self.clock.now())
        message.attachments = list(attachments)
        if reply_to is not None:
            message.reply_to, message.type, message.pings_reply = message_of(reply_to), REPLY, pings_reply
        return self.write(message, {"parse": ["users", "roles", "everyone"], "replied_user": pings_reply})

    async def edits(self, shown: Message | Seen, text: str) -> None:
        message = message_of(shown)
        message.content, message.edited_at_s = text.strip(), self.clock.now()
        self.write_again(message)

    async def unfurls(self, shown: Message | Seen, *, url: str = "https://docs.test/") -> None:
        """Discord shows a link within a message: changed, but not edited."""
        message = message_of(shown)
        message.embeds = [*message.embeds, {"type": "link", "url": url, "title": "Docs", "description": "A page"}]
        self.changed(message)

    async def deletes(self, message: Message | Seen) -> None:
        self.remove(message_of(message))

    async def bulk_deletes(self, channel: Channel, messages: Iterable[Message | Seen]) -> None:
        self.remove_all(channel, [message_of(shown) for shown in messages])

    async def opens_thread(
        self, user: User, channel: Channel, name: str, *, message: Message | Seen | None = None
    ) -> Channel:
        assert permissions.may(channel, user, "CREATE_PUBLIC_THREADS"), f"{user.name} may not open threads there"
        if message is None:
            return self.open_thread_without(user, channel, name)
        at = message_of(message)
        assert at.thread is None, "there is a thread at that message"
        return self.open_thread_at(user, at, name)

    async def posts(self, user: User, forum: Channel, title: str, text: str) -> Channel:
        """A post in a forum: a thread, and a first message of the same id."""
        assert forum.type == FORUM
        assert permissions.may(forum, user, "SEND_MESSAGES"), f"{user.name} may not post there"
        post = self.open_thread(user, forum, title)
        self.write(Message(post.id, post, user, text.strip(), self.clock.now()))
        return post

    async def archives(self, thread: Channel, *, locked: bool = False) -> None:
        thread.archived, thread.locked = True, locked or thread.locked
        self.change_thread(thread)

    async def locks(self, thread: Channel) -> None:
        """Close a thread for all but moderators, without archiving it."""
        thread.locked = True
        self.change_thread(thread)

    async def deletes_channel(self, channel: Channel) -> None:
        """Delete a channel or a thread; the threads of a channel go with it."""
        for thread in [one for one in self.channels.values() if one.is_thread and one.parent is channel]:
            await self.deletes_channel(thread)
        told = channel_json(channel)
        if channel.is_thread:
            told = {key: told[key] for key in ("id", "guild_id", "parent_id", "type")}
        self.tell_there(channel, "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", told, intents.GUILDS)
        channel.deleted = True
        for message in channel.log:
            message.deleted = True

    async def adds_bot(self, guild: Guild) -> None:
        assert not guild.joined, "the bot is there already"
        guild.joined = True
        self._joins(self.bot, guild, roles=[guild.bot_role])
        self._tell_guild(guild)

    async def kicks_bot(self, guild: Guild) -> None:
        self.lose(guild)

    async def loses_sight_of(self, guild: Guild) -> None:
        """A server that Discord cannot reach just now: it is said to be unavailable."""
        self._tell_in(guild, "GUILD_DELETE", {"id": guild.id, "unavailable": True})

    async def finds_again(self, guild: Guild) -> None:
        self._tell_guild(guild)

    async def joins(self, user: User, guild: Guild, *, roles: Iterable[Role] = (), nick: str = "") -> None:
        member = self._joins(user, guild, roles=[role.id for role in roles], nick=nick or None)
        told = {"guild_id": guild.id, **member_json(member)}
        self._tell_in(guild, "GUILD_MEMBER_ADD", told, intents.GUILD_MEMBERS)

    async def leaves(self, user: User, guild: Guild) -> None:
        member = guild.members.pop(user.id)
        told = {"guild_id": guild.id, "user": member_json(member)["user"]}
        self._tell_in(guild, "GUILD_MEMBER_REMOVE", told, intents.GUILD_MEMBERS)

    async def gives_role(self, user: User, role: Role) -> None:
        guild, member = self._member_for(user, role)
        member.roles.add(role.id)
        self._tell_member(guild, member)

    async def takes_role(self, user: User, role: Role) -> None:
        guild, member = self._member_for(user, role)
        member.roles.discard(role.id)
        self._tell_member(guild, member)

    async def deny(self, channel: Channel, *names: str, to: Role | User | None = None) -> None:
        """Take permissions in a channel away, from the bot's role unless told otherwise."""
        told = self._overwrite(channel, to)
        told.deny |= permissions.bits(*names)
        told.allow &= ~permissions.bits(*names)
        self._tell_channel(channel)

    async def allow(self, channel: Channel, *names: str, to: Role | User | None = None) -> None:
        """Give permissions in a channel, to the bot's role unless told otherwise."""
        told = self._overwrite(channel, to)
        told.allow |= permissions.bits(*names)
        told.deny &= ~permissions.bits(*names)
        self._tell_channel(channel)

    async def types(self, user: User, channel: Channel) -> None:
        direct = channel.guild is None
        told = {"channel_id": channel.id, "user_id": user.id, "timestamp": int(self.clock.now())}
        if channel.guild is not None:
            told |= {"guild_id": channel.guild.id, "member": member_json(channel.guild.members[user.id])}
        intent = intents.DIRECT_MESSAGE_TYPING if direct else intents.GUILD_MESSAGE_TYPING
        self.tell_there(channel, "TYPING_START", told, intent)

    def _overwrite(self, channel: Channel, to: Role | User | None) -> Overwrite:
        assert channel.guild is not None
        place = channel.parent if channel.is_thread and channel.parent else channel
        whose = to.id if to is not None else channel.guild.bot_role
        return place.overwrites.setdefault(whose, Overwrite(int(isinstance(to, User))))

    def _tell_channel(self, channel: Channel) -> None:
        """Also where the bot does not see the channel any more, or again."""
        place = channel.parent if channel.is_thread and channel.parent else channel
        assert place.guild is not None
        self._tell_in(place.guild, "CHANNEL_UPDATE", channel_json(place))

    def _member_for(self, user: User, role: Role) -> tuple[Guild, Member]:
        guild = next(guild for guild in self.guilds.values() if guild.roles.get(role.id) is role)
        return guild, guild.members[user.id]

    def _tell_member(self, guild: Guild, member: Member) -> None:
        told = {"guild_id": guild.id, **member_json(member)}
        mine = member.user is self.bot
        self._tell_in(guild, "GUILD_MEMBER_UPDATE", told, intents.GUILDS if mine else intents.GUILD_MEMBERS)
