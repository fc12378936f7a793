"""An answer in Discord that comes step by step, and what may go wrong at each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chats import DiscordSettings
from bot.platforms.discord.cards import pieces
from tests.fakes.chat_bot import ChatBot, HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, Message, User
from tests.scenarios.discord_talks import can_be_read, is_finished, of_bot, served, text_of
from tests.scenarios.talks import Gate, model, squeezed

HEAD = "It begins. "
MORE = "\n\n".join(f"Paragraph {n}: {'words ' * 20}" for n in range(5))
TAIL = "\n\n".join(f"Paragraph {n}: {'words ' * 50}" for n in range(5, 20))
WHOLE = f"{HEAD}{MORE}\n\n{TAIL}\n\nThe very end [1]."


def blocked(discord: Discord, method: str, path: str, skip: int) -> None:
    """A 429 of what stands before the API: it has no `Via`."""
    told = {"message": "You are being blocked.", "retry_after": 1.0, "global": False}
    headers = {"Via": "", "Retry-After": "1"}
    discord._order(method, path, times=1, skip=skip, status=429, body=told, headers=headers)


Order = Callable[[Discord, str, str, int], None]
FAULTS: dict[str, Order] = {
    "500": lambda discord, method, path, skip: discord.fail(method, path, status=500, skip=skip),
    "500 afterwards": lambda discord, method, path, skip: discord.fail(method, path, status=500, skip=skip, after=True),
    "503 twice": lambda discord, method, path, skip: discord.fail(method, path, status=503, skip=skip, times=2),
    "503 afterwards": lambda discord, method, path, skip: discord.fail(method, path, status=503, skip=skip, after=True),
    "cut": lambda discord, method, path, skip: discord.cut(method, path, skip=skip),
    "cut afterwards": lambda discord, method, path, skip: discord.cut(method, path, skip=skip, after=True),
    "429": lambda discord, method, path, skip: discord.limit(method, path, retry_after_s=0.1, skip=skip),
    "429 for all": lambda discord, method, path, skip: discord.limit(
        method, path, retry_after_s=0.1, skip=skip, is_global=True
    ),
    "429 before the API": blocked,
}
STEPS = {
    "typing": ("POST", "/channels/*/typing"),
    "thread": ("POST", "/channels/*/messages/*/threads"),
    "first post": ("POST", "/channels/*/messages"),
    "edit": ("PATCH", "/channels/*/messages/*"),
    "further messages": ("POST", "/channels/*/messages"),
    "final edit": ("PATCH", "/channels/*/messages/*"),
}


@dataclass
class Scene:
    """An answer that is asked for and comes step by step, and another one elsewhere.

    Attributes:
        place: Where it is asked.
        other: Where others ask meanwhile.
    """

    discord: Discord
    bot: ChatBot
    who: User
    place: Channel
    other: Channel
    gates: tuple[Gate, Gate, Gate]
    question: Message | None = None

    @property
    def answers_in(self) -> Channel:
        """Where the answer stands: in the place, or in a thread below the question."""
        return (self.question.thread if self.question else None) or self.place

    async def ask(self) -> None:
        """Ask in its place."""
        self.question = await self.discord.says(self.who, self.place, f"{self.discord.mention} all")

    async def see(self, words: str) -> None:
        """Wait until these words are seen."""
        await self.discord.until(lambda: words in text_of(of_bot(self.discord, self.answers_in)))


@asynccontextmanager
async def scene(
    discord: Discord, acme: Guild, who: User, lobby: Channel, where: Path, *, settings: DiscordSettings | None = None
) -> AsyncIterator[Scene]:
    """A bot that answers `all` as far as the gates are open, and `more` at once; Discord limits nothing by itself."""
    discord.buckets.on = False
    other = discord.channel(acme, "other")
    first, second, third = gates = Gate(), Gate(), Gate()
    pipeline = model(all=(HEAD, first, MORE, second, f"\n\n{TAIL}", third, "\n\nThe very end [1]."), more="More.")
    async with served(discord, where, pipeline, settings=settings, clock=HurriedClock()) as bot:
        yield Scene(discord, bot, who, lobby, other, gates)


def is_whole(made: Scene) -> None:
    """All of it stands in its place, once; nothing of it stands anywhere else."""
    discord = made.discord
    shown = of_bot(discord, made.answers_in)
    can_be_read(shown)
    assert squeezed(text_of(shown)) == squeezed("\n".join(pieces(WHOLE)))
    assert [is_finished(one) for one in shown] == [False] * (len(shown) - 1) + [True]
    assert not any("Stop" in one.buttons for one in shown)
    assert of_bot(discord, discord.dm(made.who)) == []
    places = [place for place in discord.channels.values() if place not in {made.answers_in, made.other}]
    assert not any(of_bot(discord, place) for place in places)
    assert not made.bot.task.done()
