"""What comes from Discord, handed to the core: messages and their changes, commands and buttons."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

import discord

from bot.chats import DiscordSettings
from bot.locales import phrases_in
from bot.messages import Deletion, IncomingMessage, Person, Post, Thread
from bot.platforms.discord.cards import Payload
from bot.platforms.discord.desk import NAME, Desk, Spot
from bot.platforms.discord.errors import DiscordError
from bot.platforms.discord.interactions import Interactions
from bot.platforms.discord.outlets import ChannelOutlet
from bot.platforms.discord.past import replied_to
from bot.platforms.discord.places import Place, Places
from bot.platforms.discord.reading import is_written
from bot.platforms.discord.replies import DiscordReplies
from bot.platforms.typed import is_about_thread
from bot.ports import Core
from bot.text import one_line
from rag.errors import StateUnavailable
from rag.model import Turn

log = logging.getLogger(__name__)

_THREAD_NAME_CHARS: Final = 100
_PAUSES_S: Final = (1.0, 10.0, 60.0)


class Inbox:
    """Everything that Discord tells the bot."""

    def __init__(self, core: Core, desk: Desk, settings: DiscordSettings) -> None:
        self._core = core
        self._desk = desk
        self._settings = settings
        self._places = Places(desk.line)
        self._interactions = Interactions(core, desk, settings)

    # Messages

    def message(self, message: discord.Message) -> None:
        """Take what somebody wrote."""
        self._desk.past.note(message)
        if is_written(message) and self._desk.directory.is_ours(message.guild):
            self._desk.directory.note(message.author)
            self._desk.tasks.begin(self._message(message), "a message")

    def edit(self, message: discord.Message) -> None:
        """Take what somebody changed; where only a link was unfurled, nothing was."""
        if message.edited_at is None:
            return
        self._desk.past.note(message)
        if is_written(message) and self._desk.directory.is_ours(message.guild):
            self._desk.tasks.begin(self._message(message, is_edited=True), "a changed message")

    def deletion(self, channel: int, message: int) -> None:
        """Take back the answer to a message that was taken away; of an answer, show that part again."""
        for reply in self._desk.under_way.values():
            reply.lose(message)
        self._desk.tasks.begin(self._retract(channel, message), "a deletion")

    def interaction(self, interaction: discord.Interaction) -> None:
        """Take what somebody did with a command, a button or a dialogue."""
        # Where the bot itself is not, it is the person who asks, and not the server.
        guild = self._desk.line.client.get_guild(interaction.guild_id or 0)
        if self._desk.directory.is_ours(guild):
            self._interactions.take(interaction)

    async def _message(self, message: discord.Message, *, is_edited: bool = False) -> None:
        said = self._desk.reader.said(message)
        place = await self._places.of(message)
        addressed = self._desk.reader.addressed(message, said, place)
        if self._desk.reader.is_unreadable(message) and not is_edited:
            await self._say(message, "discord.cannot_read")
            return
        if addressed == "others":
            return
        if place.is_direct and not self._settings.direct_messages:
            await self._say(message, "discord.direct_off")
            return
        author = await self._author(message, place)
        text = said.text or ("" if addressed == "thread" else self._meant(message))
        if not text and (addressed == "thread" or message.attachments or message.stickers):
            return  # a picture among people, say
        thread, spot = await self._where(message, place, text)
        if addressed == "mention" and not (place.is_thread or replied_to(message)) and is_about_thread(text, NAME):
            # In a channel each mention is a conversation of its own: the last one here is meant.
            thread = await self._core.last_thread(author, Post(NAME, thread.place)) or thread
        incoming = IncomingMessage(
            event_id=f"{message.id}:{message.edited_at.timestamp()}" if message.edited_at else str(message.id),
            thread=thread,
            id=str(message.id),
            author=author,
            text=text or "/help",
            addressed=addressed,
            is_edited=is_edited,
            sent_at=message.created_at,
        )
        if not is_edited and not place.is_direct:
            incoming = replace(incoming, history=await self._before(incoming, message, place))
        await self._core.handle(incoming, DiscordReplies(self._desk, spot))

    def _meant(self, message: discord.Message) -> str:
        """What somebody means who only names the bot below what somebody else has written: that."""
        above = message.reference.resolved if message.reference is not None else None
        if not isinstance(above, discord.Message) or above.author == self._desk.line.client.user:
            return ""
        return self._desk.reader.text(above)

    async def _author(self, message: discord.Message, place: Place) -> Person:
        if message.guild is None:
            return await self._desk.directory.alone(message.author)
        return self._desk.directory.member(message.author, message.guild, place.category)

    async def _where(self, message: discord.Message, place: Place, text: str) -> tuple[Thread, Spot]:
        """The conversation that a message belongs to, and where it is answered."""
        channel = str(message.channel.id)
        spot = Spot(
            channel,
            str(message.author.id),
            server=str(message.guild.id) if message.guild else "",
            answers=str(message.id),
            is_direct=place.is_direct,
        )
        if place.is_direct:
            return Thread(NAME, channel, channel), replace(spot, answers="")
        if place.is_thread:
            return Thread(NAME, str(place.id), channel), spot
        root = await self._desk.past.root(message.channel.id, message.id) if replied_to(message) else message.id
        # A thread has the id of the message that it is opened below, so its conversation is the same.
        opens = root == message.id and self._opens_threads(place)
        name = one_line(text)[:_THREAD_NAME_CHARS] or "…"
        spot = replace(spot, opens=name if opens else "")
        return Thread(NAME, channel, str(root)), spot

    def _opens_threads(self, place: Place) -> bool:
        chosen = self._settings.answers_in
        style = chosen.get(str(place.id)) or chosen.get(str(place.category)) or self._settings.answers
        return style == "thread" and place.has_threads

    async def _before(self, incoming: IncomingMessage, message: discord.Message, place: Place) -> tuple[Turn, ...]:
        """What people said before they called the bot; nothing where the journal knows the conversation."""
        if incoming.addressed != "mention" or await self._core.last_question(incoming.thread) is not None:
            return ()
        if place.is_thread:
            turns = await self._desk.past.in_thread(message.channel.id, message.id)
            title = Turn("user", place.title)
            turns = (title, *turns) if place.title else turns
        else:
            turns = await self._desk.past.in_chain(message.channel.id, message)
        # What the bot told members may rest on documents that are not public.
        return tuple(turn for turn in turns if turn.role == "user") if incoming.author.is_outside else turns

    async def _say(self, message: discord.Message, key: str) -> None:
        """Say why a message is not answered."""
        phrases = phrases_in(self._desk.directory.locale(message.author.id, message.guild))
        outlet = ChannelOutlet(self._desk.line, str(message.channel.id), answers=str(message.id))
        try:
            await outlet.send(Payload(phrases(key)), key=f"{message.id}-said")
        except DiscordError as error:
            log.info("not said: %s", error)

    async def _retract(self, channel: int, message: int) -> None:
        place = await self._places.by_id(channel)
        deletion = Deletion(Thread(NAME, str(place.id), str(channel)), str(message))
        replies = DiscordReplies(self._desk, Spot(str(channel)))
        for pause_s in _PAUSES_S:
            try:
                await self._core.retract(deletion, replies)
            except (StateUnavailable, DiscordError) as error:
                log.warning("not taken back yet: %s", error)
                await self._desk.line.clock.sleep(pause_s)
            else:
                return
