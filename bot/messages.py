"""The neutral values between the platforms and the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.model import Asker, Turn

Locale = Literal["en", "pt-BR"]


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """Something a person wrote to the bot.

    Attributes:
        platform: Name in `PLATFORMS`.
        event_id: The platform's own, unique: the same event delivered twice has the same id.
        place: The channel, direct message or session it was written in.
        author: The person's id on the platform.
        locale: The language this person reads the bot's own sentences in.
        history: Earlier turns of the same conversation, oldest first.
        workspace: Of the platform; empty where it has none.
        roles: Of the person there, as the platform calls them.
    """

    platform: str
    event_id: str
    place: str
    author: str
    text: str
    locale: Locale
    history: tuple[Turn, ...] = ()
    workspace: str = ""
    roles: frozenset[str] = frozenset()

    @property
    def asker(self) -> Asker:
        """Whose limits it touches."""
        return Asker(user=self.author, channel=self.place, workspace=self.workspace, roles=self.roles)


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the source list under an answer; all four are plain text, for the platform to escape."""

    n: int
    title: str
    heading: str
    link: str

    @property
    def name(self) -> str:
        """How a source is called: its title, and the heading where the passage stands."""
        return f"{self.title} › {self.heading}" if self.heading else self.title


@dataclass(frozen=True, slots=True)
class Card:
    """A finished reply, in the neutral form that every platform renders its own way.

    Attributes:
        text: Markdown.
        notice: One line above the sources that a reader must not miss (`no model wrote this`); empty for none.
        receipt: The line under an answer; empty for replies that cost nothing and need none.
        private: For the person who wrote alone, where the platform can show it so.
    """

    text: str
    notice: str = ""
    sources: tuple[Source, ...] = ()
    receipt: str = ""
    private: bool = False
