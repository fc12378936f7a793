"""Whom a message calls: what stands in it, what its sender allowed, and what he may do.

Rules: docs.discord.com/developers/resources/message#allowed-mentions-object (2026-12).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.fakes.discord import permissions
from tests.fakes.discord.components import walk
from tests.fakes.discord.errors import Form
from tests.fakes.discord.model import COMPONENTS_V2, Json, Message, User
from tests.fakes.discord.world import World

_CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYBODY = re.compile(r"@(?:everyone|here)\b")
EVERYTHING: Json = {"parse": ["users", "roles", "everyone"], "replied_user": True}


def check_allowed(form: Form, allowed: Json | None) -> None:
    """The rules for `allowed_mentions` itself."""
    if not isinstance(allowed, dict):
        if allowed is not None:
            form.bad("allowed_mentions", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return
    parse = allowed.get("parse") or []
    for kind in parse:
        if kind not in {"users", "roles", "everyone"}:
            form.bad("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Value must be one of users, roles, everyone.")
    for kind in ("users", "roles"):
        ids = allowed.get(kind) or []
        if ids and kind in parse:
            told = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.bad("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", told)
        if len(ids) > 100:
            form.bad(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")


def call(message: Message, world: World, allowed: Json | None) -> None:
    """Work out anew who is mentioned; whoever it calls is noted for good."""
    told = EVERYTHING if allowed is None else allowed
    text = _CODE.sub(" ", "\n".join(_texts(message)))
    message.users = [world.users[found] for found in _ids(_USER, text) if found in world.users]
    message.users = [user for user in message.users if _allowed(told, "users", user.id)]
    answered = message.reply_to.author if message.reply_to and message.type in {19, 23} else None
    if answered is world.bot and message.reply_to is not None and message.reply_to.interaction is not None:
        answered = None  # who replies to the answer of a command calls nobody (discord-api-docs issue 5395, 2026-12)
    if answered and told.get("replied_user") and answered is not message.author and answered not in message.users:
        message.users.append(answered)
    roles = message.channel.guild.roles if message.channel.guild else {}
    message.roles = [role for role in _ids(_ROLE, text) if role in roles and _allowed(told, "roles", role)]
    may_call_all = permissions.may(message.channel, message.author, "MENTION_EVERYONE")
    called_all = bool(_EVERYBODY.search(text)) and "everyone" in (told.get("parse") or [])
    message.everyone = called_all and may_call_all
    if message.ephemeral_to is None and not message.flags & 1 << 7:
        message.pings |= set(_called(message, may_call_all=may_call_all))


def _called(message: Message, *, may_call_all: bool) -> Iterator[str]:
    guild = message.channel.guild
    if message.everyone and guild:
        yield "everyone"
    for user in message.users:
        if user is not message.author and _is_there(message, user):
            yield user.id
    for role in message.roles:
        if guild and (guild.roles[role].mentionable or may_call_all):
            yield role


def _is_there(message: Message, user: User) -> bool:
    return permissions.may(message.channel, user, "VIEW_CHANNEL")


def _texts(message: Message) -> Iterator[str]:
    """Mentions in embeds call nobody; those in text displays do."""
    yield message.content
    if message.flags & COMPONENTS_V2:
        yield from (part["content"] for part in walk(message.components) if part.get("type") == 10)


def _ids(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(pattern.findall(text)))


def _allowed(told: Json, kind: str, some_id: str) -> bool:
    named = {str(one) for one in told.get(kind) or []}
    return kind in (told.get("parse") or []) or some_id in named
