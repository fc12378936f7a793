"""A message as a person sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.discord.model import Attachment, Json, Message


@dataclass(frozen=True)
class Seen:
    """A message as a person sees it.

    Attributes:
        content: The text, and in a message of components their text.
        reply_to: The id of the message that it answers.
        pings: Whom it called: ids of people and roles, or "everyone".
        is_loading: "ragbot is thinking…" stands in its place.
    """

    author: str
    content: str
    embeds: list[Json]
    buttons: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    reply_to: str | None
    ephemeral: bool
    edited: bool
    pings: frozenset[str]
    flags: int
    is_loading: bool
    message: Message = field(repr=False)

    @property
    def text(self) -> str:
        """All that can be read, the embeds too."""
        return "\n".join(filter(None, [self.content, *(_read_embed(embed) for embed in self.embeds)]))


def message_of(shown: Message | Seen) -> Message:
    return shown.message if isinstance(shown, Seen) else shown


def _read_embed(embed: Json) -> str:
    parts = [embed.get("author", {}).get("name"), embed.get("title"), embed.get("description")]
    for told in embed.get("fields", []):
        parts += [told.get("name"), told.get("value")]
    parts.append(embed.get("footer", {}).get("text"))
    return "\n".join(part for part in parts if part)
