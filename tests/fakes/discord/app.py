"""What happens in Discord, and how the bot is told of it: everything that changes something goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tests.fakes.discord import intents, permissions, pings
from tests.fakes.discord.message_shapes import message_json
from tests.fakes.discord.model import (
    CATEGORY,
    FORUM,
    HAS_THREAD,
    PUBLIC_THREAD,
    TEXT,
    THREAD_CREATED,
    THREAD_STARTER,
    Channel,
    Guild,
    Json,
    Message,
    Role,
    User,
)
from tests.fakes.discord.sessions import Session
from tests.fakes.discord.shapes import (
    application_json,
    channel_json,
    member_json,
    role_json,
    user_json,
    whole_guild_json,
)
from tests.fakes.discord.world import World


class App(World):
    """A world whose events the bot hears."""

    def __init__(self, *, shards: int, intents_allowed: Iterable[str], bot_public: bool) -> None:
        super().__init__(shards=shards, intents_allowed=intents_allowed, bot_public=bot_public)
        self.gateway.ready = self._ready
        self.gateway.guilds = self._guilds_of
        self.gateway.members = self._members

    def guild(self, name: str, *, owner: User | None = None, locale: str = "en-US", joined: bool = True) -> Guild:
        """A server, with the bot in it unless told otherwise."""
        guild = self._guild(name, owner or self.owner, locale, joined=joined)
        self._tell_guild(guild)
        return guild

    def category(self, guild: Guild, name: str) -> Channel:
        return self._opened(guild, name, CATEGORY, None)

    def channel(self, guild: Guild, name: str, *, category: Channel | None = None) -> Channel:
        return self._opened(guild, name, TEXT, category)

    def forum(self, guild: Guild, name: str, *, category: Channel | None = None) -> Channel:
        return self._opened(guild, name, FORUM, category)

    def role(self, guild: Guild, name: str, *grants: str, mentionable: bool = False) -> Role:
        role = Role(self.new_id(), name, permissions.bits(*grants), mentionable, position=len(guild.roles))
        guild.roles[role.id] = role
        self._tell_in(guild, "GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": role_json(role, self)})
        return role

    def person(
        self,
        name: str,
        *,
        guilds: Iterable[Guild] = (),
        roles: Iterable[Role] = (),
        nick: str = "",
        locale: str = "en-US",
        takes_dms: bool = True,
    ) -> User:
        """Somebody new, in those servers; each role is had in the server that it is of."""
        user, had = self._user(name, locale=locale, takes_dms=takes_dms), {role.id for role in roles}
        for guild in guilds:
            member = self._joins(user, guild, roles=had & guild.roles.keys(), nick=nick or None)
            told = {"guild_id": guild.id, **member_json(member)}
            self._tell_in(guild, "GUILD_MEMBER_ADD", told, intents.GUILD_MEMBERS)
        return user

    @property
    def bots_guilds(self) -> list[Guild]:
        return [guild for guild in self.guilds.values() if guild.joined]

    def write(self, message: Message, allowed: Json | None = None) -> Message:
        """Put a message where it belongs, with those whom it calls."""
        channel = message.channel
        pings.call(message, self, allowed)
        self.everything[message.id] = message
        channel.log.append(message)
        if message.author is self.bot:
            channel.typing_until_s = 0.0
        self.tell_message("MESSAGE_CREATE", message)
        return message

    def changed(self, message: Message) -> None:
        self.tell_message("MESSAGE_UPDATE", message)

    def write_again(self, message: Message) -> None:
        """After a person edited it: whom it mentions is worked out anew."""
        pings.call(message, self, {"parse": ["users", "roles", "everyone"], "replied_user": message.pings_reply})
        self.changed(message)

    def lose(self, guild: Guild) -> None:
        """The bot is no member any more."""
        self._tell_in(guild, "GUILD_DELETE", {"id": guild.id})
        guild.joined = False
        guild.members.pop(self.bot.id, None)

    def remove(self, message: Message) -> None:
        message.deleted = True
        if message.ephemeral_to is None:
            told = {"id": message.id, **_place(message.channel)}
            self.tell_there(message.channel, "MESSAGE_DELETE", told, _message_intent(message.channel))

    def remove_all(self, channel: Channel, messages: Iterable[Message]) -> None:
        """At once, and told of at once."""
        gone = list(messages)
        for message in gone:
            message.deleted = True
        told = {"ids": [message.id for message in gone], **_place(channel)}
        self.tell_there(channel, "MESSAGE_DELETE_BULK", told, intents.GUILD_MESSAGES)

    def open_thread(self, owner: User, channel: Channel, name: str, *, thread_id: str = "") -> Channel:
        """A thread, which is told of; the bot is told of it once more when it is opened by the bot itself."""
        assert channel.guild is not None
        thread = Channel(thread_id or self.new_id(), PUBLIC_THREAD, name, channel.guild, channel, owner=owner)
        thread.opened_at_s = self.clock.now()
        self.channels[thread.id] = thread
        told = {**channel_json(thread), "newly_created": True}
        self.tell_there(thread, "THREAD_CREATE", told, intents.GUILDS)
        return thread

    def open_thread_at(self, owner: User, message: Message, name: str) -> Channel:
        """A thread at a message, whose id it takes; the message is told of as changed, though nobody edited it."""
        thread = self.open_thread(owner, message.channel, name, thread_id=message.id)
        message.thread = thread
        message.flags |= HAS_THREAD
        self.changed(message)
        start = Message(self.new_id(), thread, message.author, type=THREAD_STARTER, at_s=self.clock.now())
        start.reply_to = message
        self.write(start, {"parse": []})
        return thread

    def open_thread_without(self, owner: User, channel: Channel, name: str) -> Channel:
        """A thread at no message; the channel says so in a line of its own."""
        thread = self.open_thread(owner, channel, name)
        line = Message(self.new_id(), channel, owner, name, type=THREAD_CREATED, at_s=self.clock.now())
        line.thread = thread
        self.write(line, {"parse": []})
        return thread

    def change_thread(self, thread: Channel) -> None:
        self.tell_there(thread, "THREAD_UPDATE", channel_json(thread), intents.GUILDS)

    def tell_message(self, event: str, message: Message) -> None:
        if message.ephemeral_to is not None:
            return
        direct = message.channel.is_direct
        told: dict[bool, Json] = {}

        def shown(session: Session) -> Json:
            reads = bool(session.intents & intents.MESSAGE_CONTENT)
            if reads not in told:
                extra = {"channel_type": message.channel.type}
                told[reads] = message_json(message, self, reads_content=reads or direct, event=True) | extra
            return told[reads]

        self.tell_there(message.channel, event, shown, _message_intent(message.channel))

    def tell_there(self, channel: Channel, event: str, data: Json | Callable[[Session], Json], intent: int) -> None:
        """Tell of what happens in a channel, if the bot can see it."""
        if channel.guild is None:
            if self.bot in channel.people:
                self.gateway.tell(event, data, intent=intent)
        elif channel.guild.joined and permissions.may(channel, self.bot, "VIEW_CHANNEL"):
            self.gateway.tell(event, data, guild_id=channel.guild.id, intent=intent)

    def _tell_in(self, guild: Guild, event: str, data: Json, intent: int = intents.GUILDS) -> None:
        if guild.joined:
            self.gateway.tell(event, data, guild_id=guild.id, intent=intent)

    def _tell_guild(self, guild: Guild) -> None:
        if guild.joined:
            self._tell_in(guild, "GUILD_CREATE", whole_guild_json(guild, self))

    def _opened(self, guild: Guild, name: str, kind: int, parent: Channel | None) -> Channel:
        channel = self._channel(guild, name, kind, parent)
        self._tell_in(guild, "CHANNEL_CREATE", channel_json(channel))
        return channel

    def _ready(self, session: Session) -> Json:
        application = application_json(self)
        mine = [guild for guild in self.bots_guilds if session.cares_for(guild.id, 0)]
        return {
            "v": 10,
            "user": {**user_json(self.bot), "verified": True, "mfa_enabled": False, "email": None},
            "user_settings": {},
            "guilds": [{"id": guild.id, "unavailable": True} for guild in mine],
            "private_channels": [],
            "relationships": [],
            "session_type": "normal",
            "shard": [session.shard, session.shards],
            "application": {"id": self.bot.id, "flags": application["flags"]},
        }

    def _guilds_of(self, session: Session) -> Iterator[tuple[Guild, Json]]:
        for guild in self.bots_guilds:
            if session.cares_for(guild.id, intents.GUILDS):
                yield guild, whole_guild_json(guild, self)

    def _members(self, asked: Json) -> list[Json]:
        guild = self.guilds[str(asked["guild_id"])]
        wanted = {str(user) for user in asked.get("user_ids") or guild.members}
        return [member_json(member) for user, member in guild.members.items() if user in wanted]


def _message_intent(channel: Channel) -> int:
    return intents.DIRECT_MESSAGES if channel.is_direct else intents.GUILD_MESSAGES


def _place(channel: Channel) -> Json:
    return {"channel_id": channel.id, **({"guild_id": channel.guild.id} if channel.guild else {})}
