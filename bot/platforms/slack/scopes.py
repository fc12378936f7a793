"""What the app asks of a Slack workspace, and why: the one list of which manifest, start and guide are made.

As little as does the work: no scope reads messages of places that the bot was not invited to, and none writes in the
name of somebody else. Which event needs which scope: docs.slack.dev/reference/events, 2026-11. Slack refuses a manifest
with an event whose scope it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A permission of the bot's token.

    Attributes:
        name: As Slack calls it.
        reason: What it is needed for.
        required: Without it the bot cannot do its work at all, or cannot tell whom it may answer with what.
        lost: What does not work without it, as a sentence without its full stop.
    """

    name: str
    reason: str
    required: bool
    lost: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that Slack tells the bot of.

    Attributes:
        name: As Slack calls it.
        reason: What it is needed for.
        scope: The scope without which Slack does not send it; empty where it needs none.
    """

    name: str
    reason: str
    scope: str = ""


SCOPES: tuple[Scope, ...] = (
    Scope(
        "app_mentions:read",
        "be told when somebody calls the bot by name",
        required=True,
        lost="Nobody can call the bot by name in a channel",
    ),
    Scope(
        "chat:write",
        "post, stream and change its own messages, and show that it is at work",
        required=True,
        lost="The bot cannot answer at all",
    ),
    Scope("im:history", "read direct messages to the bot", required=True, lost="Direct messages are not heard"),
    Scope(
        "users:read",
        "know which language people read, and who is a guest",
        required=True,
        lost="The bot cannot tell guests from members, or which language people read",
    ),
    Scope(
        "channels:read",
        "know which public channels are shared with other organisations",
        required=True,
        lost="The bot cannot tell whether outsiders read along in a public channel",
    ),
    Scope(
        "groups:read",
        "know which private channels are shared with other organisations",
        required=True,
        lost="The bot cannot tell whether outsiders read along in a private channel",
    ),
    Scope(
        "mpim:read",
        "know what a group conversation is, and whether outsiders are in it",
        required=True,
        lost="The bot cannot tell whether outsiders read along in a group conversation",
    ),
    Scope(
        "commands",
        "/ask and /rag",
        required=False,
        lost="/ask and /rag do not work; questions and commands after the bot's name do",
    ),
    Scope(
        "channels:history",
        "follow-ups without the bot's name, edits and deletions in public channels it is in",
        required=False,
        lost="In public channels each question needs the bot's name, and edited or deleted ones keep their answer",
    ),
    Scope(
        "groups:history",
        "follow-ups without the bot's name, edits and deletions in private channels it is in",
        required=False,
        lost="In private channels each question needs the bot's name, and edited or deleted ones keep their answer",
    ),
    Scope(
        "mpim:history",
        "follow-ups without the bot's name, edits and deletions in group conversations it is in",
        required=False,
        lost="In group conversations each question needs the bot's name, and edited or deleted ones keep their answer",
    ),
    Scope(
        "assistant:write",
        "the entry in the top bar, suggested questions, Slack's own stop button",
        required=False,
        lost="There is no entry in the top bar, no suggested question and no stop button of Slack's own",
    ),
    Scope(
        "reactions:write",
        "show by a reaction that a question was taken, where Slack shows no status",
        required=False,
        lost="Where Slack shows no status, nothing but the answer shows that a question was taken",
    ),
    Scope("files:write", "charts as pictures", required=False, lost="Charts come as bars of text"),
    Scope(
        "usergroups:read",
        "admins by user group",
        required=False,
        lost="Nobody is an admin by a user group; user ids work",
    ),
)

EVENTS: tuple[Event, ...] = (
    Event("app_mention", "somebody calls the bot by name", "app_mentions:read"),
    Event("message.im", "direct messages to the bot", "im:history"),
    Event("message.channels", "follow-ups, edits and deletions in public channels", "channels:history"),
    Event("message.groups", "follow-ups, edits and deletions in private channels", "groups:history"),
    Event("message.mpim", "follow-ups, edits and deletions in group conversations", "mpim:history"),
    Event("app_home_opened", "show the home tab, and suggested questions in the conversation with the bot"),
    Event("agent_session_stopped", "Slack's own stop button was pressed", "assistant:write"),
    Event("subteam_updated", "a user group that makes admins was changed or switched off", "usergroups:read"),
    Event("subteam_members_changed", "somebody joined or left a user group that makes admins", "usergroups:read"),
    Event("channel_shared", "outsiders read along from now on", "channels:read"),
    Event("channel_unshared", "outsiders read along no more", "channels:read"),
)


def missing(granted: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes that the app asks for and a token lacks; `granted` is what `x-oauth-scopes` lists."""
    held = {name.strip() for name in granted}
    return tuple(scope for scope in SCOPES if scope.name not in held)
