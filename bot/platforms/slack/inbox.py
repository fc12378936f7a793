"""What comes from Slack, handed to the core: messages, commands, buttons, dialogues, and the pages people open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Final

from cachetools import TTLCache

from bot.locales import phrases_in
from bot.messages import IncomingMessage, Person, Post, Press, Recent, Thread
from bot.platforms.slack.desk import Desk
from bot.platforms.slack.history import Past
from bot.platforms.slack.markup import Said, read
from bot.platforms.slack.names import ids_in
from bot.platforms.slack.posts import Spot
from bot.platforms.slack.reading import (
    Click,
    Note,
    Typed,
    click_of,
    deletion_of,
    note_of,
    part,
    submission_of,
    typed_of,
)
from bot.platforms.slack.replies import Silence, SlackReplies
from bot.platforms.slack.slash import EMOJI, NAME, asked
from bot.platforms.slack.views import hand_over_modal, home, reason_modal
from bot.platforms.slack.web import Json, SlackError
from bot.platforms.typed import as_typed, is_about_thread
from bot.ports import Core
from rag.errors import StateUnavailable
from rag.model import Turn

log = logging.getLogger(__name__)

# Slack waits three seconds. What is not in the journal by then is taken all the same, or handed over again.
_ACKNOWLEDGED_S: Final = 1.0
# Of the three seconds for a dialogue.
_LANGUAGE_S: Final = 1.0
_COMMANDS: Final = 10_000
_COMMANDS_S: Final = 3_600.0
# A dialogue was opened for this very press, by whichever process was told of it first.
_OPENED_BEFORE: Final = "exchanged_trigger_id"


class Inbox:
    """Everything that a workspace tells the bot.

    Args:
        url: Of the workspace, for links to what people asked.
    """

    def __init__(self, core: Core, desk: Desk, *, url: str) -> None:
        self._core = core
        self._desk = desk
        self._url = url
        self._past = Past(desk.posts, desk.clock)
        self._typed = TTLCache[str, None](_COMMANDS, _COMMANDS_S, timer=desk.clock.monotonic)

    # Each returns when Slack may forget what it told

    async def event(self, body: Json) -> None:
        """Take something that happened."""
        taken = asyncio.Event()
        handle = self._handler(body, taken.set)
        if handle is not None:
            await self._take(handle, taken, "an event")

    async def command(self, body: Json) -> None:
        """Take a slash command: Slack tells of it once."""
        self._desk.tasks.begin(self._command(typed_of(body)), "a command")

    async def action(self, body: Json) -> None:
        """Take a press of a button."""
        click = click_of(body)
        if click is None:
            return
        if click.action in {"bad", "hand_over"}:
            self._desk.tasks.begin(self._ask_for_words(click), "a dialogue")
        else:
            self._desk.tasks.begin(self._press(click), "a button")

    async def submission(self, body: Json) -> None:
        """Take what was written in a dialogue."""
        click = submission_of(body)
        # That it was bad was written down when the thumb was pressed; whoever says no more need not be asked again.
        if click is not None and (click.text or click.action != "bad"):
            self._desk.tasks.begin(self._press(click), "a dialogue")

    async def _take(self, handle: Coroutine[None, None, None], taken: asyncio.Event, what: str) -> None:
        """Work goes on by itself; whoever waits is told when it is in the journal, or after a second."""
        self._desk.tasks.begin(handle, what).add_done_callback(lambda _: taken.set())
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_S):
                await taken.wait()
        except TimeoutError:
            log.warning("acknowledged before it was taken: %s", what)

    def _handler(self, body: Json, taken: Callable[[], None]) -> Coroutine[None, None, None] | None:
        event = part(body, "event")
        match event.get("type"):
            case "message" | "app_mention":
                note = note_of(body, self._desk.posts.bot_user)
                if note is not None:
                    return self._message(note, taken)
                return self._deletion(body)
            case "app_home_opened" if event.get("tab") == "home":
                return self._home(str(event.get("user")), str(event.get("channel") or ""))
            case "agent_session_stopped":
                return self._stop(body)
            case "subteam_updated" | "subteam_members_changed" | "subteam_created":
                self._desk.directory.forget_groups()
            case "channel_shared" | "channel_unshared" | "channel_id_changed":
                self._desk.directory.forget_place(str(event.get("channel") or event.get("old_channel_id")))
            case "tokens_revoked" | "app_uninstalled":
                log.error("Slack has taken the bot out of the workspace: %s", event.get("type"))
        return None

    # Messages

    async def _message(self, note: Note, taken: Callable[[], None]) -> None:
        if note.is_by_bot:
            return
        said = read(note.raw, bot_user=self._desk.posts.bot_user, names={})
        addressed = note.addressed(said)
        if addressed == "others":
            return
        text, author = await asyncio.gather(
            self._told(said, note),
            self._desk.directory.person(note.user, note.channel, team=note.team, is_shared=note.is_shared),
        )
        if not text and addressed == "thread":  # a picture among people, say
            return
        message = IncomingMessage(
            event_id=note.event_id,
            thread=note.place,
            id=note.ts,
            author=author,
            text=EMOJI.get(text, text) or "/help",
            addressed=addressed,
            is_edited=note.is_edited,
            sent_at=note.sent_at,
        )
        if note.is_thread and addressed == "mention" and not note.is_edited:
            message = replace(message, history=await self._before(message))
        await self._core.handle(message, SlackReplies(self._desk, self._spot(note, author), taken))

    async def _told(self, said: Said, note: Note) -> str:
        """The text with the names of those whom it mentions."""
        if "<@" not in note.raw and "<#" not in note.raw and "<!subteam" not in note.raw:
            return said.text
        names = await self._desk.directory.names(ids_in(note.raw) - {self._desk.posts.bot_user})
        return read(note.raw, bot_user=self._desk.posts.bot_user, names=names).text

    def _spot(self, note: Note, author: Person) -> Spot:
        return Spot(note.channel, note.thread, author.id)

    async def _before(self, message: IncomingMessage) -> tuple[Turn, ...]:
        """What people said before they called the bot; nothing where the journal knows the conversation."""
        if await self._core.last_question(message.thread) is not None:
            return ()
        turns = await self._past.before(Spot(message.thread.place, message.thread.id), message.id)
        # What the bot told members may rest on documents that are not public.
        return tuple(turn for turn in turns if turn.role == "user") if message.author.is_outside else turns

    async def _deletion(self, body: Json) -> None:
        deletion = deletion_of(body)
        if deletion is None:
            return
        replies = SlackReplies(self._desk, Spot(deletion.thread.place, deletion.thread.id))
        for pause_s in (1.0, 10.0, 60.0):
            try:
                await self._core.retract(deletion, replies)
            except (StateUnavailable, SlackError) as error:
                log.warning("the deletion is tried again in %.0f s: %s", pause_s, error)
                await self._desk.clock.sleep(pause_s)
            else:
                return

    async def _stop(self, body: Json) -> None:
        """Slack's own stop button."""
        event = part(body, "event")
        if not event.get("channel") or not event.get("thread_ts"):
            return
        thread = Thread(NAME, str(event["channel"]), str(event["thread_ts"]))
        author = await self._desk.directory.person(str(event.get("user") or ""), thread.place)
        press = Press(event_id=str(body.get("event_id")), thread=thread, author=author, action="stop")
        await self._core.press(press, SlackReplies(self._desk, Spot(thread.place, thread.id, author.id)))

    # Commands

    async def _command(self, typed: Typed) -> None:
        if typed.id in self._typed:
            return
        self._typed[typed.id] = None
        author = await self._desk.directory.person(typed.user, typed.channel, team=typed.team)
        text = read(typed.text, bot_user=self._desk.posts.bot_user, names={}).text
        spot = Spot(typed.channel, "", typed.user, typed.response_url, is_slash=True)
        thread, message_id = Thread(NAME, typed.channel, f"commands-{typed.user}"), f"command-{typed.id}"
        if typed.command == "ask":
            root = await self._ask_openly(typed, author, text) if text else ""
            if root:
                spot = Spot(typed.channel, root, typed.user, is_opened=True)
                thread, message_id = replace(thread, id=root), root
            text = f"/ask {text}".strip()
        else:
            text = f"/{text.removeprefix('/')}" if text else "/help"
            if is_about_thread(text, NAME):  # threads have no slash commands: the last one here is meant
                thread = await self._core.last_thread(author, Post(NAME, typed.channel)) or thread
        message = IncomingMessage(
            event_id=f"command-{typed.id}", thread=thread, id=message_id, author=author, text=text, addressed="mention"
        )
        await self._core.handle(message, SlackReplies(self._desk, spot))

    async def _ask_openly(self, typed: Typed, author: Person, question: str) -> str:
        """Put the question where everybody sees it, to be answered below; empty where the bot may not write there."""
        names = await self._desk.directory.names({author.id})
        payload = asked(names.get(author.id, author.id), question, phrases_in(author.locale))
        try:
            return await self._desk.posts.post(Spot(typed.channel), payload)
        except SlackError as error:
            log.info("answered to one alone: %s", error)
            return ""

    # Buttons

    async def _press(self, click: Click) -> None:
        await self._core.press(await self._pressed(click), self._replies_to(click))

    async def _pressed(self, click: Click) -> Press:
        author = await self._desk.directory.person(click.user, click.channel, team=click.team)
        return Press(
            event_id=click.event_id,
            thread=click.place,
            author=author,
            action=click.action,
            reference=click.reference,
            text=click.text,
        )

    def _replies_to(self, click: Click) -> SlackReplies:
        # Where only its user saw the message, the bot may not be there at all.
        url = "" if click.message else click.response_url
        return SlackReplies(self._desk, Spot(click.channel, click.thread, click.user, url))

    async def _ask_for_words(self, click: Click) -> None:
        """Open the dialogue first: Slack lets it be opened for three seconds."""
        locale = self._desk.locale
        with suppress(TimeoutError):
            async with asyncio.timeout(_LANGUAGE_S):
                locale = await self._desk.directory.locale(click.user)
        make = reason_modal if click.action == "bad" else hand_over_modal
        view = make(click.reference, phrases_in(locale), click.stub)
        try:
            await self._desk.web.call("views.open", waits=False, trigger_id=click.trigger, view=view)
        except SlackError as error:
            log.info("no dialogue: %s", error)
            if error.code != _OPENED_BEFORE:
                await self._press(click)
            return
        if click.action == "bad":  # many say no more than that it was bad
            await self._core.press(await self._pressed(click), Silence(self._desk, Spot(click.channel, click.thread)))

    # Pages

    async def _home(self, user: str, channel: str) -> None:
        author = await self._desk.directory.person(user, channel)
        page = await self._core.home(author, Post(NAME, channel))
        phrases = phrases_in(author.locale)
        names = await self._desk.directory.names(frozenset(page.people))
        page = replace(page, card=replace(page.card, text=as_typed(page.card.text, NAME)))
        view = home(page, phrases, link_to=self._link_to, names=names)
        await self._desk.web.call("views.publish", user_id=user, view=view)

    def _link_to(self, recent: Recent) -> str:
        """Where something was asked; empty where that was in no message."""
        ts = recent.message_id
        if "." not in ts or not self._url:
            return ""
        below = "" if recent.thread.id == ts else f"?thread_ts={recent.thread.id}&cid={recent.thread.place}"
        return f"{self._url.rstrip('/')}/archives/{recent.thread.place}/p{ts.replace('.', '')}{below}"
