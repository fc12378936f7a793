"""The state of Discord: its people, servers, channels and messages, and how each is found."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from tests.fakes.discord import permissions
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.intents import granted
from tests.fakes.discord.model import (
    CATEGORY,
    DM,
    FORUM,
    GROUP_DM,
    TEXT,
    Attachment,
    Channel,
    Clock,
    Guild,
    Interaction,
    Member,
    Message,
    Role,
    User,
)
from tests.fakes.slack.tasks import Tasks

EPOCH_MS = 1_420_070_400_000
BOT_PERMISSIONS = permissions.EVERYBODY


class World:
    """Everything that there is; what happens in it is told elsewhere.

    Attributes:
        bot: The bot's user; its id is the application's too.
        everything: Messages in the order in which they came, the deleted ones too.
        nonces: The bot's last message with each nonce.
        careless: As an imitation that keeps and tells less than Discord does.
        plain: As an imitation that enforces no nonces, and asks for no permission to embed or attach.
    """

    def __init__(self, *, shards: int, intents_allowed: Iterable[str], bot_public: bool) -> None:
        self.clock = Clock()
        self.tasks = Tasks()
        self.shards = shards
        self.bot_public = bot_public
        self.base_url = ""
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.everything: dict[str, Message] = {}
        self.interactions: list[Interaction] = []
        self.files: dict[str, Attachment] = {}
        self.nonces: dict[str, Message] = {}
        self.plain = False
        self.careless = False
        self._last_id = 0
        self._made_guilds = 0
        self.bot = self._user("ragbot", bot=True)
        self.owner = self._user("Owner")
        token = f"{secrets.token_hex(12)}.{secrets.token_hex(3)}.{secrets.token_hex(14)}"
        self.gateway = Gateway(self.clock, self.tasks, token, granted(intents_allowed))

    @property
    def token(self) -> str:
        return self.gateway.token

    @property
    def mention(self) -> str:
        """How people write to the bot."""
        return self.bot.mention

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return self.base_url.replace("http", "ws", 1) + "/"

    def pass_time(self, seconds: float) -> None:
        """Turn the clock of Discord forward: tokens, messages, typing and buckets grow older."""
        self.clock.ahead_s += seconds

    def dm(self, user: User) -> Channel:
        """The conversation of a person with the bot, the same one each time."""
        return self._conversation([user, self.bot], DM)

    def private_chat(self, *users: User) -> Channel:
        """A conversation of people without the bot, for what they installed for themselves."""
        return self._conversation(list(users), DM if len(users) == 2 else GROUP_DM)

    def file(self, filename: str, content: bytes, description: str | None = None) -> Attachment:
        """Something to send along."""
        file = Attachment(self.new_id(), filename, content, description)
        file.url = f"{self.base_url}/attachments/{file.id}/{filename}"
        self.files[file.id] = file
        return file

    def new_id(self) -> str:
        """A snowflake: the time, and then a number that makes it greater than the last."""
        self._last_id = max(self._last_id + 1, (int(self.clock.now() * 1000) - EPOCH_MS) << 22)
        return str(self._last_id)

    def messages(self, channel: Channel) -> list[Message]:
        """Those that are there, oldest first."""
        return [message for message in channel.log if not message.deleted]

    def find_channel(self, channel_id: str) -> Channel:
        """For the bot.

        Raises:
            Refused: There is none, or the bot has no business there.
        """
        channel = self.channels.get(channel_id)
        if channel is None or channel.deleted:
            raise Refused(10003)
        inside = channel.guild.joined if channel.guild else self.bot in channel.people
        if not inside:
            raise Refused(50001)
        return channel

    def find_message(self, channel: Channel, message_id: str) -> Message:
        message = self.everything.get(message_id)
        if message is None or message.deleted or message.channel is not channel or message.ephemeral_to:
            raise Refused(10008)
        return message

    def find_guild(self, guild_id: str) -> Guild:
        guild = self.guilds.get(guild_id)
        if guild is None or not guild.joined:
            raise Refused(10004)
        return guild

    def name_of(self, user: User, guild: Guild | None) -> str:
        member = guild.members.get(user.id) if guild else None
        return (member.nick if member else None) or user.name

    def _user(self, name: str, *, bot: bool = False, locale: str = "en-US", takes_dms: bool = True) -> User:
        user = User(self.new_id(), name, bot=bot, locale=locale, takes_dms=takes_dms)
        self.users[user.id] = user
        return user

    def _guild(self, name: str, owner: User, locale: str, *, joined: bool) -> Guild:
        """A server; one after the other they fall to one shard after the other.

        The high bit keeps its id from being that of anything else.
        """
        self._made_guilds += 1
        beat = ((int(self.clock.now() * 1000) - EPOCH_MS) // self.shards + self._made_guilds) * self.shards
        guild_id = str((beat + (self._made_guilds - 1) % self.shards) << 22 | 1 << 21 | self._made_guilds)
        guild = Guild(guild_id, name, owner, locale, bot_role=self.new_id(), joined=joined)
        guild.roles[guild.id] = Role(guild.id, "@everyone", permissions.EVERYBODY, position=0)
        guild.roles[guild.bot_role] = Role(guild.bot_role, self.bot.name, BOT_PERMISSIONS, managed=True)
        self.guilds[guild.id] = guild
        self._joins(owner, guild)
        if joined:
            self._joins(self.bot, guild, roles=[guild.bot_role])
        return guild

    def _joins(self, user: User, guild: Guild, *, roles: Iterable[str] = (), nick: str | None = None) -> Member:
        member = Member(user, nick, set(roles), self.clock.now())
        guild.members[user.id] = member
        return member

    def _channel(self, guild: Guild, name: str, kind: int, parent: Channel | None) -> Channel:
        assert kind in {TEXT, CATEGORY, FORUM}
        position = sum(channel.guild is guild for channel in self.channels.values())
        channel = Channel(self.new_id(), kind, name, guild, parent, position)
        self.channels[channel.id] = channel
        return channel

    def _conversation(self, people: list[User], kind: int) -> Channel:
        ids = {user.id for user in people}
        for channel in self.channels.values():
            if channel.type == kind and {user.id for user in channel.people} == ids:
                return channel
        channel = Channel(self.new_id(), kind, people=people)
        self.channels[channel.id] = channel
        return channel
