"""What can go wrong at a provider, and what comes of a question that meets it; for tests and benchmarks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from rag.model import Answer, ProviderState, Restart
from rag.pipeline import RagPipeline
from rag.routing.catalogue import Catalogue, ModelCard
from tests.fakes import chat_faults as faults
from tests.fakes.chat_bill import Prices
from tests.fakes.chat_faults import Fault
from tests.fakes.chat_script import Scene, Step
from tests.fakes.chat_server import ChatServer
from tests.fakes.embedding_server import Reply
from tests.fakes.openai_server import OpenAIServer
from tests.scenarios.team import ANTHROPIC, GEMINI, OPENAI, QUESTION, Team, open_team

Aftermath = Literal["ready", "resting", "model_off", "provider_off"]

MODELS: Mapping[str, str] = MappingProxyType(
    {"openai": OPENAI, "compatible": "compatible/open-weights", "anthropic": ANTHROPIC, "gemini": GEMINI}
)
"""By provider, one for every protocol: the model that is asked."""

ANSWER = " ".join(["Every employee has 30 days of vacation a year. [1]"] * 20)
"""Long enough for its tokens to weigh on the bill."""

HURRY_S = 0.3
"""How long a provider is waited for where it hangs."""

# Another model of the compatible provider, to see whether it is off with the one that is asked.
_SIBLING = "compatible/open-weights-mini"
_PATIENCE_S = 30


@dataclass(frozen=True)
class Garbled(faults.Malformed):
    """A stream stands still behind what is malformed in it: a model that takes its time writes no more for nobody."""

    def spoil(self, scene: Scene) -> Sequence[Step]:
        steps = super().spoil(scene)
        return faults.Hang(self.after + 1).spoil(replace(scene, steps=steps)) if scene.draft.streaming else steps


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something that goes wrong at a provider.

    Attributes:
        fault: How the fake server does it.
        leaves: What becomes of the model, or of its provider, when it has happened once.
        visible: Where the answer is streamed, its first words have reached the reader by then.
        streams_only: To an answer in one piece it cannot happen, or is what another one is.
    """

    fault: Fault
    leaves: Aftermath = "ready"
    visible: bool = False
    streams_only: bool = False

    @property
    def is_refusal(self) -> bool:
        """Whether no model is reached, so that it costs nothing."""
        return isinstance(self.fault, faults.Refused | faults.Answered)

    @property
    def hangs(self) -> bool:
        """Whether a stream ends only when the client hangs up."""
        return isinstance(self.fault, faults.Hang | Garbled)


MISHAPS: Mapping[str, Mishap] = MappingProxyType(
    {
        "HTTP 500": Mishap(faults.Refused("server_error")),
        "HTTP 503": Mishap(faults.Refused("unavailable")),
        "overloaded (529 or 503)": Mishap(faults.Refused("overloaded")),
        "a proxy's error page": Mishap(faults.Answered(Reply(502, "<html>Bad Gateway</html>"))),
        "429 with a wait": Mishap(faults.Refused("rate_limited", retry_after_s=30), leaves="resting"),
        "429 without a wait": Mishap(faults.Refused("rate_limited")),
        "quota used up": Mishap(faults.Refused("out_of_money"), leaves="provider_off"),
        "bad key": Mishap(faults.Refused("bad_key"), leaves="provider_off"),
        "unknown model": Mishap(faults.Refused("unknown_model"), leaves="model_off"),
        "hang": Mishap(faults.Hang()),
        "hang after the first words": Mishap(faults.Hang(after=6), visible=True),
        "reset": Mishap(faults.Cut()),
        "cut before the first token": Mishap(faults.Cut(after=0), streams_only=True),
        "cut after the first words": Mishap(faults.Cut(after=6), visible=True),
        # The last event alone is missed by nobody where the protocol has more than one to end with.
        "closed without an end": Mishap(faults.Unended(3), visible=True, streams_only=True),
        "error in HTTP 200": Mishap(faults.ErrorBody()),
        "error in the stream": Mishap(faults.ErrorEvent(), streams_only=True),
        "error after the first words": Mishap(faults.ErrorEvent(after=6), visible=True, streams_only=True),
        "empty": Mishap(faults.Silent()),
        "no words": Mishap(faults.Wordless()),
        "malformed": Mishap(Garbled()),
        "malformed after the first words": Mishap(Garbled(after=6), visible=True, streams_only=True),
    }
)
"""By what people call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What came of a question; all that is told by provider is told of those on its route.

    Attributes:
        restarts: How often the answer began again before the reader's eyes.
        calls: Requests that a provider received.
        hung_up: How many of them the client left before they were answered.
        charged_micro_usd: What our ledger says.
        billed_micro_usd: What the provider says.
        states: Of all models, by name, afterwards.
        held_micro_usd: What is still set aside afterwards.
    """

    answer: Answer
    restarts: int
    calls: Mapping[str, int]
    hung_up: Mapping[str, int]
    charged_micro_usd: Mapping[str, int]
    billed_micro_usd: Mapping[str, Decimal]
    states: Mapping[str, ProviderState]
    held_micro_usd: int | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A team's documents and a provider for every protocol; each question meets a bot that has just been started."""

    team: Team
    compatible: OpenAIServer

    @property
    def servers(self) -> Mapping[str, ChatServer]:
        """By provider."""
        team = self.team
        return dict(zip(MODELS, (team.openai, self.compatible, team.anthropic, team.gemini), strict=True))

    def mend(self) -> None:
        """All providers are well, and nothing has happened yet."""
        for server in self.servers.values():
            server.always = None
            server.disconnections = 0
            for past in (server.faults, server.calls, server.charges, server.disconnected):
                past.clear()

    def break_once(self, provider: str, mishap: Mishap) -> None:
        """The next request to this provider meets the mishap; all else is well."""
        self.mend()
        self.servers[provider].faults.append(mishap.fault)

    def break_all(self, mishap: Mishap, *, once: bool = False) -> None:
        """Every request to any provider meets the mishap, or the next one to each."""
        self.mend()
        for server in self.servers.values():
            if once:
                server.faults.append(mishap.fault)
            else:
                server.always = mishap.fault

    async def strike(self, provider: str, mishap: Mishap, *, streaming: bool = True) -> Account:
        """Ask `provider` first, which the mishap strikes once, and then the others."""
        self.break_once(provider, mishap)
        route = (provider, *(name for name in MODELS if name != provider))
        return await self._asked(route, mishap, [provider], streaming=streaming)

    async def strike_all(self, mishap: Mishap, route: Sequence[str] = tuple(MODELS), *, once: bool = False) -> Account:
        """Ask where the mishap strikes every provider, whenever it is asked or once."""
        self.break_all(mishap, once=once)
        return await self._asked(route, mishap, route, streaming=True)

    async def _asked(
        self, route: Sequence[str], mishap: Mishap, struck: Collection[str], *, streaming: bool
    ) -> Account:
        config = self.team.folder / "failover"
        config.mkdir(exist_ok=True)
        settings = self._settings(route, struck if mishap.hangs else (), streaming=streaming)
        # JSON is YAML.
        (config / "llm_providers_config.yaml").write_text(json.dumps(settings), encoding="utf-8")
        async with await RagPipeline.open(config, environ=self.team.environ) as pipeline:
            self._agree_on_prices(pipeline._parts.catalogue, pipeline._parts.clock.now().date())
            asking = replace(self.team, pipeline=pipeline, events=[])
            answer = await asking.ask(QUESTION)
            await asyncio.gather(*(_finished(self.servers[provider]) for provider in struck))
            return await self._account(asking, answer, route)

    async def _account(self, asking: Team, answer: Answer, route: Sequence[str]) -> Account:
        charged = dict.fromkeys(route, 0)
        for provider, cost, reference in await asking.booked("provider, cost_micro_usd, reference"):
            if reference == answer.reference:
                charged[str(provider)] += int(str(cost))
        servers = {name: self.servers[name] for name in route}
        health = await asking.pipeline.health_check()
        return Account(
            answer=answer,
            restarts=sum(isinstance(event, Restart) for event in asking.events),
            calls={name: len(server.calls) for name, server in servers.items()},
            hung_up={name: server.disconnections for name, server in servers.items()},
            charged_micro_usd=charged,
            billed_micro_usd={name: server.bill_micro_usd for name, server in servers.items()},
            states={f"{model.provider}/{model.model}": model.state for model in health.providers},
            held_micro_usd=health.budget.held_micro_usd,
        )

    def _agree_on_prices(self, catalogue: Catalogue, today: date) -> None:
        for provider, server in self.servers.items():
            card = catalogue.cards[MODELS[provider]]
            server.prices[card.model] = _prices(card, today)

    def _settings(self, route: Sequence[str], hurried: Collection[str], *, streaming: bool) -> dict[str, object]:
        providers: dict[str, dict[str, object]] = {
            name: {"stream": streaming, "timeouts_s": _timeouts(HURRY_S if name in hurried else _PATIENCE_S)}
            for name in MODELS
        }
        providers["compatible"] |= {"kind": "openai_compatible", "base_url": f"{self.compatible.url}/v1"}
        prices = [{"input": 0.15, "output": 0.6}]
        return {
            "providers": providers,
            "models": {MODELS["compatible"]: {"prices": prices}, _SIBLING: {"prices": prices}},
            "routing": {
                "routes": {
                    "factual": {"models": [MODELS[name] for name in route]},
                    "quick": {"models": [_SIBLING]},
                }
            },
            # Every question here is the same one.
            "optimization": {"caching": {"enabled": False}},
        }


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """A stage in an empty folder."""
    async with OpenAIServer(strict=False) as compatible, open_team(folder) as team:
        compatible.models[MODELS["compatible"].partition("/")[2]] = None
        stage = Stage(team, compatible)
        for server in stage.servers.values():
            server.answer = lambda _: ANSWER
        yield stage


async def _finished(server: ChatServer) -> None:
    """Wait until a server that hangs has noticed that it was left: what it bills is known then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            while server.in_flight:
                server.disconnected.clear()
                await server.disconnected.wait()


def _timeouts(seconds: float) -> Mapping[str, float]:
    return dict.fromkeys(("connect", "first_token", "between_tokens", "total"), seconds)


def _prices(card: ModelCard, day: date) -> Prices:
    """A model's prices as the fakes want them told."""
    rates = card.rates_on(day, 0)
    return Prices(
        rates.input,
        rates.output,
        cached=rates.cached_input,
        written=rates.cache_write,
        written_long=rates.cache_write_long,
    )
