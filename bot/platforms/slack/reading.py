"""What Slack tells, as the core reads it: events, commands and buttons (pure).

Payloads as in docs.slack.dev/reference/events and /reference/interaction-payloads, checked 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from bot.messages import Action, Addressed, Deletion, Thread
from bot.platforms.slack.blocks import FEEDBACK
from bot.platforms.slack.markup import Said
from bot.platforms.slack.slash import NAME
from bot.platforms.slack.views import HAND_OVER_MODAL, INPUT, REASON_MODAL
from bot.platforms.slack.web import Json

# Messages that people wrote; all other subtypes tell of something that happened.
_WRITTEN: Final = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
_PREFIX: Final = "ragbot:"
# Of an answer; empty for the last one of the thread.
_REFERENCE: Final = re.compile(r"[\w-]{0,64}")


@dataclass(frozen=True, slots=True)
class Note:
    """A message somebody wrote or changed.

    Attributes:
        raw: Its text as Slack writes it.
        team: Of whoever wrote it; empty where it is not told.
        is_shared: People of other organisations read along, by what the event says.
        is_thread: It stands below another one.
    """

    event_id: str
    channel: str
    ts: str
    thread: str
    user: str
    raw: str
    team: str = ""
    is_by_bot: bool = False
    is_edited: bool = False
    is_shared: bool = False
    is_thread: bool = False
    names_bot: bool = False

    @property
    def place(self) -> Thread:
        """Its conversation."""
        return Thread(NAME, self.channel, self.thread)

    @property
    def sent_at(self) -> datetime | None:
        """When it was there first."""
        return moment_of(self.ts)

    def addressed(self, said: Said) -> Addressed:
        """To whom it speaks."""
        if self.channel.startswith("D"):
            return "direct"
        if self.names_bot or said.names_bot:
            return "mention"
        return "thread" if self.is_thread and not said.names_first else "others"


def note_of(body: Json, bot_user: str) -> Note | None:
    """The message that an event tells of; `None` where it tells of anything else."""
    event = part(body, "event")
    message, is_edited = event, bool(event.get("edited"))
    if event.get("subtype") == "message_changed":
        message, before = part(event, "message"), part(event, "previous_message")
        # Without `edited` only its links were unfurled, or a reply was counted.
        if not message.get("edited") or message.get("text") == before.get("text"):
            return None
        is_edited = True
    if str(message.get("subtype") or "") not in _WRITTEN or not message.get("ts") or not event.get("channel"):
        return None
    user, ts = str(message.get("user") or ""), str(message["ts"])
    thread = str(message.get("thread_ts") or ts)
    return Note(
        event_id=str(body.get("event_id") or f"{event['channel']}:{ts}"),
        channel=str(event["channel"]),
        ts=ts,
        thread=thread,
        user=user,
        raw=str(message.get("text") or ""),
        team=str(message.get("user_team") or message.get("source_team") or message.get("team") or ""),
        is_by_bot=not user or bool(message.get("bot_id")) or user in {bot_user, "USLACKBOT"},
        is_edited=is_edited,
        is_shared=bool(body.get("is_ext_shared_channel")),
        is_thread=thread != ts,
        names_bot=event.get("type") == "app_mention",
    )


def deletion_of(body: Json) -> Deletion | None:
    """The message that was taken back."""
    event = part(body, "event")
    before = part(event, "previous_message")
    # A first message with replies below it is not deleted but becomes a tombstone.
    is_tombstone = event.get("subtype") == "message_changed" and part(event, "message").get("subtype") == "tombstone"
    if event.get("subtype") != "message_deleted" and not is_tombstone:
        return None
    ts = str(event.get("deleted_ts") or before.get("ts") or part(event, "message").get("ts") or "")
    if not ts or not event.get("channel"):
        return None
    return Deletion(Thread(NAME, str(event["channel"]), str(before.get("thread_ts") or ts)), ts)


@dataclass(frozen=True, slots=True)
class Click:
    """A button that was pressed, or a dialogue that was sent off.

    Attributes:
        event_id: Unique, and the same where it is told twice.
        thread: The time stamp of the thread's first message; empty for none.
        trigger: Opens a dialogue within three seconds.
        text: What was written in a dialogue.
        message: The time stamp of the message with the button; empty for one that only its user saw.
    """

    event_id: str
    channel: str
    thread: str
    user: str
    action: Action
    reference: str
    team: str = ""
    trigger: str = ""
    response_url: str = ""
    text: str = ""
    message: str = ""

    @property
    def place(self) -> Thread:
        """The conversation that it belongs to."""
        return Thread(NAME, self.channel, self.thread)

    @property
    def stub(self) -> str:
        """What of it a dialogue brings back."""
        return json.dumps([self.reference, self.channel, self.thread])


def click_of(body: Json) -> Click | None:
    """The button of ours that was pressed; `None` for all others."""
    actions = body.get("actions")
    pressed = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(pressed, Mapping):
        return None
    name, value = str(pressed.get("action_id") or ""), str(pressed.get("value") or "")
    if name == FEEDBACK:
        name, _, value = value.partition(":")
        name = _PREFIX + name
    action = _action(name)
    if action is None or not _REFERENCE.fullmatch(value):
        return None
    container, message = part(body, "container"), part(body, "message")
    channel = str(part(body, "channel").get("id") or container.get("channel_id") or "")
    is_private = bool(container.get("is_ephemeral"))
    ts = str(message.get("ts") or container.get("message_ts") or "")
    thread = str(message.get("thread_ts") or container.get("thread_ts") or ("" if is_private else ts))
    user = part(body, "user")
    return Click(
        event_id=f"{pressed.get('action_ts') or body.get('trigger_id')}:{user.get('id')}",
        channel=channel,
        thread=thread,
        user=str(user.get("id") or ""),
        action=action,
        reference=value,
        team=str(user.get("team_id") or ""),
        trigger=str(body.get("trigger_id") or ""),
        response_url=str(body.get("response_url") or ""),
        message="" if is_private else ts,
    )


def submission_of(body: Json) -> Click | None:
    """What was written in a dialogue of ours; `None` for all others."""
    view, user = part(body, "view"), part(body, "user")
    action: Action | None = {REASON_MODAL: "bad", HAND_OVER_MODAL: "hand_over"}.get(str(view.get("callback_id")))  # type: ignore[assignment]
    stub = _stub_in(str(view.get("private_metadata")))
    if action is None or stub is None:
        return None
    reference, channel, thread = stub
    written = part(part(part(part(view, "state"), "values"), INPUT), INPUT)
    return Click(
        event_id=f"{view.get('id')}:{view.get('hash')}",
        channel=channel,
        thread=thread,
        user=str(user.get("id") or ""),
        action=action,
        reference=reference,
        team=str(user.get("team_id") or ""),
        text=str(written.get("value") or "").strip(),
    )


@dataclass(frozen=True, slots=True)
class Typed:
    """A slash command.

    Attributes:
        text: What was typed after it, as Slack writes it.
        id: Unique.
    """

    id: str
    command: Literal["ask", "rag"]
    text: str
    channel: str
    user: str
    team: str = ""
    response_url: str = ""


def typed_of(body: Json) -> Typed:
    """A slash command of ours; whatever it is called, but for `/ask`, is `/rag`."""
    return Typed(
        id=str(body.get("trigger_id") or body.get("response_url") or ""),
        command="ask" if str(body.get("command")) == "/ask" else "rag",
        text=str(body.get("text") or ""),
        channel=str(body.get("channel_id") or ""),
        user=str(body.get("user_id") or ""),
        team=str(body.get("team_id") or ""),
        response_url=str(body.get("response_url") or ""),
    )


def moment_of(ts: str) -> datetime | None:
    """A time stamp of Slack's as a time."""
    try:
        return datetime.fromtimestamp(float(ts), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def part(body: Json, name: str) -> Json:
    """An object inside of another; an empty one where there is none."""
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _stub_in(metadata: str) -> tuple[str, str, str] | None:
    """The reference, the channel and the thread, as `Click.stub` wrote them."""
    try:
        told = json.loads(metadata)
    except ValueError:
        return None
    match told:
        case [str(reference), str(channel), str(thread)] if channel and _REFERENCE.fullmatch(reference):
            return reference, channel, thread
    return None


def _action(name: str) -> Action | None:
    action = name.removeprefix(_PREFIX)
    return action if name.startswith(_PREFIX) and action in get_args(Action) else None  # type: ignore[return-value]
