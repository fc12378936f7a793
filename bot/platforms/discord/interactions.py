"""What people do with commands, buttons and dialogues: answered within three seconds, and for fifteen minutes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

import discord
from cachetools import TTLCache

from bot.chats import DiscordSettings
from bot.commands import as_question, button_of, is_asked
from bot.locales import Phrases, phrases_in
from bot.messages import Action, IncomingMessage, Person, Post, Press, Thread
from bot.platforms.discord.calls import asked_for, complete, text_of
from bot.platforms.discord.cards import Payload, press_of
from bot.platforms.discord.desk import NAME, Desk, Spot
from bot.platforms.discord.errors import ACKNOWLEDGED_BEFORE, DiscordError, done
from bot.platforms.discord.outlets import InteractionOutlet
from bot.platforms.discord.places import Place, place_of
from bot.platforms.discord.replies import DiscordReplies, Silence
from bot.platforms.typed import is_about_thread
from bot.ports import Core
from bot.text import cut, one_line
from rag.model import Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

_First = Literal["answered", "before", "late"]
"""How it went with a first answer: given; given before; Discord takes none any more."""

# Of the three seconds.
_AGAIN_S: Final = (0.1, 0.4)
# Within this, what a button does has said what there is to say.
_SAID_S: Final = 1.0
_INPUT: Final = "text"
_ABOUT: Final = "ragbot:about:"
_INPUT_CHARS: Final = 2_000
_DIALOGUE_S: Final = 1_800.0
_MOST_DIALOGUES: Final = 10_000
_QUOTED_CHARS: Final = 300
# Title, label and hint of each dialogue.
_ASK_ABOUT: Final = ("discord.ask_about_title", "discord.ask_about_label", "discord.ask_about_hint")
_DIALOGUES: Final[Mapping[str, tuple[str, str, str]]] = {
    "bad": ("discord.modal.bad_title", "discord.modal.bad_label", "discord.modal.bad_hint"),
    "hand_over": ("discord.modal.hand_over_title", "discord.modal.hand_over_label", ""),
}


@dataclass(frozen=True, slots=True)
class _Where:
    """Where somebody has used a command or a button.

    Attributes:
        place: `Thread.place`.
        is_ours: The bot itself may be there; else only the person has installed it, for themselves.
    """

    place: str
    known: Place
    channel: str
    is_ours: bool


class Interactions:
    """All of them."""

    def __init__(self, core: Core, desk: Desk, settings: DiscordSettings) -> None:
        self._core = core
        self._desk = desk
        self._settings = settings
        self._about = TTLCache[str, str](_MOST_DIALOGUES, _DIALOGUE_S, timer=desk.line.clock.monotonic)

    def take(self, interaction: discord.Interaction) -> None:
        """Begin to answer one."""
        self._desk.directory.note(interaction.user, interaction.locale.value)
        is_off = self._where(interaction).known.is_direct and not self._settings.direct_messages
        match interaction.type:
            case discord.InteractionType.autocomplete if is_off:
                return
            case _ if is_off:
                work = self._say(interaction, "discord.direct_off")
            case discord.InteractionType.application_command:
                work = self._command(interaction)
            case discord.InteractionType.autocomplete:
                work = self._complete(interaction)
            case discord.InteractionType.component:
                work = self._press(interaction)
            case discord.InteractionType.modal_submit:
                work = self._submission(interaction)
            case _:
                return
        self._desk.tasks.begin(work, f"an interaction: {interaction.type.name}")

    # Commands

    async def _command(self, interaction: discord.Interaction) -> None:
        data = _data(interaction)
        if data.get("type") == discord.AppCommandType.message.value:
            await self._ask_about(interaction, data)
            return
        text = text_of(data)
        await self._ask(interaction, text, is_private=not is_asked(text))

    async def _ask(self, interaction: discord.Interaction, text: str, *, is_private: bool, about: str = "") -> None:
        """Answer what was typed.

        Args:
            about: The message that it is about, by its id; without words of its own, that message is the question.
        """
        where = self._where(interaction)
        is_private = (is_private or not where.is_ours) and not where.known.is_direct
        outlet, message = await self._defer(interaction, is_private=is_private)
        told = await self._told_in(interaction, about) if about else ""
        if about:
            # All of it is searched for, and shows which message is meant.
            quoted = f"“{cut(one_line(told), _QUOTED_CHARS)}”" if told and text else told
            text = f"/ask {f'{text} {quoted}'.strip()}" if text or told else "/help"
        if is_asked(text):  # commands take mentions as they are
            text = await self._desk.reader.named(text, interaction.guild)
        author = await self._author(interaction, where)
        thread = self._thread(where, message or str(interaction.id))
        if is_about_thread(text, NAME) and not where.known.is_thread and not where.known.is_direct:
            thread = await self._core.last_thread(author, Post(NAME, where.place)) or thread
        title = where.known.title if await self._core.last_question(thread) is None else ""
        incoming = IncomingMessage(
            event_id=f"interaction-{interaction.id}",
            thread=thread,
            id=f"interaction-{interaction.id}",
            author=author,
            text=text,
            addressed="mention",
            is_resumable=where.is_ours,
            history=(Turn("user", title),) if title else (),
        )
        spot = Spot(
            where.channel,
            author.id,
            is_direct=where.known.is_direct,
            interaction=outlet,
            asks=as_question(incoming).text if is_asked(text) and not is_private else "",
        )
        press = button_of(incoming)
        if press is not None and press.action == "hand_over" and not where.is_ours and outlet is not None:
            await outlet.send(Payload(self._phrases(interaction)("discord.not_a_member")))
            return
        await self._core.handle(incoming, DiscordReplies(self._desk, spot))
        if outlet is not None and outlet.is_announced_here and press is not None:
            # There may have been nothing to say. Another process may be about to say it.
            await self._desk.line.clock.sleep(_SAID_S)
            await outlet.withdraw_unsaid()

    async def _defer(
        self, interaction: discord.Interaction, *, is_private: bool
    ) -> tuple[InteractionOutlet | None, str]:
        """Say that an answer will come, to all or to one: how it begins, so it stays.

        Returns:
            The way to answer, which is none where it was too late; and the message in which the bot is thinking, where
            all see it and Discord tells which it is.
        """
        answer = interaction.response.defer
        how, told = await self._answered(interaction, lambda: answer(ephemeral=is_private, thinking=True))
        if how == "late":
            return None, ""
        message = str(getattr(told, "message_id", None) or "")
        outlet = InteractionOutlet(
            self._desk.line,
            interaction,
            is_private=is_private,
            is_deferred=True,
            is_announced_here=how == "answered",
            original=f"{interaction.channel_id}/{message}" if message else "",
        )
        return outlet, "" if is_private else message

    async def _answered(
        self, interaction: discord.Interaction, answer: Callable[[], Awaitable[object]]
    ) -> tuple[_First, object]:
        """Give the first answer, within the three seconds; what Discord says to it."""
        for pause_s in (*_AGAIN_S, None):
            try:
                return "answered", await done(answer)
            except DiscordError as error:
                if error.code == ACKNOWLEDGED_BEFORE:
                    # By another process; or by this one, and Discord's word of it was lost. The journal knows.
                    return "before", None
                if error.status == 200:  # it was taken, and said so in its own way
                    return "answered", None
                if pause_s is None or not error.is_passing:
                    log.warning("not answered in time interaction=%d: %s", interaction.id, error)
                    break
                await self._desk.line.clock.sleep(pause_s)
        return "late", None

    async def _complete(self, interaction: discord.Interaction) -> None:
        sought = asked_for(_data(interaction))
        if sought is None:
            return
        where = self._where(interaction)
        author = await self._author(interaction, where)
        offers = await self._core.offers(author, Post(NAME, where.place))
        proposals = complete(
            sought,
            models=offers.models,
            collections=offers.collections,
            channels=_channels(interaction),
            phrases=phrases_in(author.locale),
        )
        choices = [discord.app_commands.Choice(name=shown, value=value) for shown, value in proposals]
        await self._answered(interaction, lambda: interaction.response.autocomplete(choices))

    async def _ask_about(self, interaction: discord.Interaction, data: Mapping[str, object]) -> None:
        """Ask what it is that somebody wants to know about a message: the dialogue has to be the first answer."""
        resolved = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", data.get("resolved") or {})
        target = str(data.get("target_id") or "")
        message = (resolved.get("messages") or {}).get(target) or {}
        self._about[target] = str(message.get("content") or "")
        phrases = self._phrases(interaction)
        title, label, hint = map(phrases, _ASK_ABOUT)
        modal = _modal(f"{_ABOUT}{target}", title, label, hint)
        await self._answered(interaction, lambda: interaction.response.send_modal(modal))

    # Buttons

    async def _press(self, interaction: discord.Interaction) -> None:
        pressed = press_of(str(_data(interaction).get("custom_id") or ""))
        if pressed is None:
            await self._say(interaction, "button.nothing")  # an older version of the bot has made it
            return
        action, reference = pressed
        if action == "hand_over" and not self._where(interaction).is_ours:
            await self._say(interaction, "discord.not_a_member")
            return
        if action in _DIALOGUES:
            await self._ask_for_words(interaction, action, reference)
            return
        await self._answered(interaction, interaction.response.defer)
        await self._pressed(interaction, action, reference)

    async def _say(self, interaction: discord.Interaction, key: str) -> None:
        """Say why nothing is done."""
        sentence = self._phrases(interaction)(key)
        await self._answered(interaction, lambda: interaction.response.send_message(sentence, ephemeral=True))

    async def _pressed(
        self,
        interaction: discord.Interaction,
        action: Action,
        reference: str,
        *,
        text: str = "",
        kind: type[DiscordReplies] = DiscordReplies,
    ) -> None:
        where = self._where(interaction)
        author = await self._author(interaction, where)
        message = interaction.message
        root = ""
        if message is not None and not where.known.is_thread and not where.known.is_direct:
            root = str(await self._desk.past.root(message.channel.id, message.id))
        is_seen = message is not None and not message.flags.ephemeral
        spot = Spot(
            where.channel,
            author.id,
            answers=str(message.id) if message is not None and is_seen else "",
            is_direct=where.known.is_direct,
            interaction=InteractionOutlet(
                self._desk.line,
                interaction,
                is_private=True,
                is_deferred=False,
                original=f"{message.channel.id}/{message.id}" if message is not None else "",
            ),
            is_pressed=where.is_ours,
        )
        press = Press(
            event_id=f"interaction-{interaction.id}",
            thread=self._thread(where, root),
            author=author,
            action=action,
            reference=reference,
            text=text,
        )
        await self._core.press(press, kind(self._desk, spot))

    async def _ask_for_words(self, interaction: discord.Interaction, action: Action, reference: str) -> None:
        phrases = self._phrases(interaction)
        title, label, hint = (phrases(key) if key else "" for key in _DIALOGUES[action])
        modal = _modal(f"ragbot:{action}:{reference}", title, label, hint)
        how, _ = await self._answered(interaction, lambda: interaction.response.send_modal(modal))
        if how == "late":  # without a dialogue, nobody is asked for words
            await self._pressed(interaction, action, reference)
        elif action == "bad":  # many say no more than that it was bad
            await self._pressed(interaction, action, reference, kind=Silence)

    # Dialogues

    async def _submission(self, interaction: discord.Interaction) -> None:
        data = _data(interaction)
        name, text = str(data.get("custom_id") or ""), _written(data)
        if name.startswith(_ABOUT):
            await self._asked_about(interaction, name.removeprefix(_ABOUT), text)
            return
        pressed = press_of(name)
        if pressed is None:
            await self._say(interaction, "button.nothing")  # an older version of the bot has made it
            return
        await self._answered(interaction, interaction.response.defer)
        action, reference = pressed
        # That it was bad was written down when the thumb was pressed; whoever says no more need not be asked again.
        if text or action != "bad":
            await self._pressed(interaction, action, reference, text=text)

    async def _asked_about(self, interaction: discord.Interaction, target: str, text: str) -> None:
        is_empty = not text and self._about.get(target) == ""
        await self._ask(interaction, text, is_private=is_empty, about=target)

    async def _told_in(self, interaction: discord.Interaction, message: str) -> str:
        """What a message says, with names in place of mentions; empty where nobody tells any more."""
        known = self._about.get(message)
        if known is not None:
            return await self._desk.reader.named(known, interaction.guild) if known else ""
        place = self._desk.line.client.get_partial_messageable(interaction.channel_id or 0)
        try:
            return self._desk.reader.text(await self._desk.line.do(lambda: place.fetch_message(int(message)), tries=1))
        except (DiscordError, ValueError) as error:
            log.info("what a message says is not known: %s", error)
            return ""

    # Who and where

    def _where(self, interaction: discord.Interaction) -> _Where:
        """By what the event tells: whoever asks Discord first is late."""
        channel = interaction.channel_id or 0
        guild = interaction.guild_id
        is_direct = guild is None and not interaction.context.private_channel
        if not is_direct and (guild is None or self._desk.line.client.get_guild(guild) is None):
            # Somebody has installed it for themselves alone: nothing of that place is theirs to ask with.
            return _Where(f"user-{interaction.user.id}", Place(channel), str(channel), is_ours=False)
        known = Place(channel, is_direct=True) if is_direct else place_of(interaction.channel) or Place(channel)
        return _Where(str(known.id), known, str(channel), is_ours=True)

    async def _author(self, interaction: discord.Interaction, where: _Where) -> Person:
        guild = interaction.guild
        if guild is None or not where.is_ours or where.known.is_direct:
            return await self._desk.directory.alone(interaction.user)
        return self._desk.directory.member(interaction.user, guild, where.known.category)

    def _thread(self, where: _Where, root: str) -> Thread:
        if where.known.is_direct:
            return Thread(NAME, where.place, where.place)
        return Thread(NAME, where.place, where.channel if where.known.is_thread else root)

    def _phrases(self, interaction: discord.Interaction) -> Phrases:
        return phrases_in(self._desk.directory.locale(interaction.user.id, interaction.guild))


def _data(interaction: discord.Interaction) -> Mapping[str, object]:
    return cast("Mapping[str, object]", interaction.data or {})


def _channels(interaction: discord.Interaction) -> Mapping[str, str]:
    """The channels of the server that whoever types may see, by their ids."""
    guild, user = interaction.guild, interaction.user
    if guild is None or not isinstance(user, discord.Member):
        return {}
    return {
        str(channel.id): channel.name for channel in guild.text_channels if channel.permissions_for(user).view_channel
    }


def _modal(name: str, title: str, label: str, hint: str) -> discord.ui.Modal:
    """A dialogue with one field; what is written in it is read from the event."""
    modal = discord.ui.Modal(title=cut(title, 45), custom_id=name, timeout=_DIALOGUE_S)
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        label=cut(label, 45),
        custom_id=_INPUT,
        style=discord.TextStyle.paragraph,
        placeholder=cut(hint, 100) or None,
        required=False,
        max_length=_INPUT_CHARS,
    )
    modal.add_item(field)
    return modal


def _written(data: Mapping[str, object]) -> str:
    """What was written in a dialogue of ours, however its rows are told."""
    rows = cast("list[Mapping[str, object]]", data.get("components") or [])
    for row in rows:
        inner = cast("list[Mapping[str, object]]", row.get("components") or [row.get("component") or row])
        for field in inner:
            if field.get("custom_id") == _INPUT:
                return str(field.get("value") or "").strip()
    return ""
