"""`/sources`: the collections that this place may read."""

from __future__ import annotations

from bot.commands.base import Command, Invocation
from bot.locales import Phrases
from bot.messages import Card
from bot.replies import nothing_public_card
from bot.text import code_span
from rag.model import CollectionSummary


async def _run(call: Invocation) -> Card:
    if call.nothing_is_public:
        return nothing_public_card(call.phrases)
    readable = call.scope.collections
    lines = [
        _line(summary, call.phrases)
        for summary in await call.desk.pipeline.sources()
        if readable is None or summary.collection in readable
    ]
    return Card("\n".join(lines) or call.phrases("sources.none"), notice=call.notice)


def _line(summary: CollectionSummary, phrases: Phrases) -> str:
    line = phrases(
        "sources.line",
        collection=code_span(summary.collection),
        documents=phrases.count("count.documents", summary.documents),
        chunks=phrases.count("count.chunks", summary.chunks),
    )
    if summary.synced_at is None:
        return line
    return phrases("sources.synced", line=line, moment=phrases.moment(summary.synced_at))


SOURCES = Command("sources", "sources.summary", "/sources", _run, aliases=("fontes",), shown_to="everybody")
