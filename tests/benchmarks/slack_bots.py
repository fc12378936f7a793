"""A bot in a process of its own that serves the Slack of the benchmark: `python -m tests.benchmarks.slack_bots ORDER`.

The order is JSON, as `Order` has it. What a bot tells whoever started it goes to standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.chats import SlackSettings, SlackTokens
from bot.platforms.slack.platform import SlackPlatform
from rag.clock import SystemClock
from rag.model import Event, Status, Token
from tests.fakes.scripted_pipeline import ScriptedPipeline, answer_to
from tests.fakes.talk import open_talk

_SENTENCE = "It grows better in the morning than in the afternoon, said the gardener of the house beside it. "


@dataclass(frozen=True, slots=True)
class Order:
    """Which bot, and where its Slack is.

    Attributes:
        bot: `ragbot`, or `bolt`: the bare library, which acknowledges and sets a status.
        mode: As in `bot.yaml`.
        number: Of the process, among those that serve one workspace.
    """

    bot: str
    mode: str
    number: int
    state_url: str
    bot_token: str
    app_token: str
    signing_secret: str
    api_url: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer is written: so many characters, in pieces, over so long."""

    chars: int = 0
    seconds: float = 0.0
    pieces: int = 1

    def text_for(self, question: str) -> str:
        """An answer that ends with what it answers, in paragraphs."""
        last = answer_in(question)
        sentences = [_SENTENCE if number % 5 else f"{_SENTENCE}\n\n" for number in range(self.chars // len(_SENTENCE))]
        return "".join(sentences)[: max(0, self.chars - len(last))] + last


PACES: Mapping[str, Pace] = MappingProxyType(
    {
        "What": Pace(),
        "Briefly": Pace(chars=200, seconds=0.5, pieces=5),
        "Thoroughly": Pace(chars=20_000, seconds=10.0, pieces=200),
    }
)
"""By the first word of the question."""


def answer_in(question: str) -> str:
    """By which the answer to a question is known."""
    return f"In garden {question.rsplit(' ', 1)[-1].removesuffix('?')} grow roses."


class GardenPipeline(ScriptedPipeline):
    """Answers whatever is asked, at the pace that the question asks for."""

    async def stream(self, question: str, *, reference: str | None = None, **_: object) -> AsyncGenerator[Event, None]:
        pace = PACES[question.split(maxsplit=1)[0].strip(",:")]
        text = pace.text_for(question)
        yield Status("answering")
        size = -(-len(text) // pace.pieces)
        for start in range(0, len(text), size):
            if pace.seconds:
                await asyncio.sleep(pace.seconds / pace.pieces)
            yield Token(text[start : start + size])
        yield answer_to(question, text, reference=reference)


async def _ragbot(order: Order) -> None:
    settings = SlackSettings.model_validate({"mode": order.mode, "port": 0})
    tokens = SlackTokens(order.bot_token, order.app_token, order.signing_secret, order.api_url)
    clock = SystemClock()
    async with open_talk(
        order.state_url, GardenPipeline(), clock=clock, prefix=f"ref{order.number}-"
    ) as talk, asyncio.TaskGroup() as group:  # fmt: skip
        group.create_task(talk.conversation.watch())
        platform = SlackPlatform(settings, tokens, clock, locale="en", tell=_tell)
        await platform.run(talk.conversation)


async def _bolt(order: Order) -> None:
    """As its documentation has it; what it is told beside mentions is acknowledged, and nothing is done about it."""
    from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
    from slack_bolt.app.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

    app = AsyncApp(client=AsyncWebClient(token=order.bot_token, base_url=order.api_url))

    async def take(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.assistant_threads_setStatus(
            channel_id=event["channel"], thread_ts=event.get("thread_ts") or event["ts"], status="is searching…"
        )

    async def leave() -> None:
        """Nothing."""

    app.event("app_mention")(take)
    app.event("message")(leave)
    await AsyncSocketModeHandler(app, order.app_token).connect_async()  # type: ignore[no-untyped-call]
    _tell("serving")
    await asyncio.Event().wait()


def _tell(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    _order = Order(**json.loads(sys.argv[1]))
    asyncio.run({"ragbot": _ragbot, "bolt": _bolt}[_order.bot](_order))
