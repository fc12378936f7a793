"""`/sources`: the collections that this place may read, or the documents of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.base import Argument, Command, Invocation
from bot.locales import Phrases
from bot.messages import Card
from bot.replies import nothing_public_card
from bot.text import code_span, one_line
from rag.language import fold
from rag.model import CollectionSummary

_MOST_SHOWN = 30
_LONGEST_CHARS = 100


async def _run(call: Invocation) -> Card:
    if call.nothing_is_public:
        return nothing_public_card(call.phrases)
    readable = call.scope.collections
    summaries = [
        summary for summary in await call.desk.pipeline.sources() if readable is None or summary.collection in readable
    ]
    wanted = call.arguments.get("collection")
    if wanted is None:
        lines = [_line(summary, call.phrases) for summary in summaries]
        return Card("\n".join(lines) or call.phrases("sources.none"), notice=call.notice)
    found = next((one for one in summaries if fold(one.collection) == fold(wanted)), None)
    if found is None:
        return Card(_unknown(wanted, summaries, call.phrases), notice=call.notice)
    return Card("\n".join(await _documents(found, call)), notice=call.notice)


async def _documents(summary: CollectionSummary, call: Invocation) -> list[str]:
    documents = sorted(document.source for document in await call.desk.pipeline.documents(summary.collection))
    lines = [_line(summary, call.phrases), *(f"  - {code_span(one_line(one))}" for one in documents[:_MOST_SHOWN])]
    if len(documents) > _MOST_SHOWN:
        lines.append(f"  - {call.phrases.count('sources.more', len(documents) - _MOST_SHOWN)}")
    return lines


def _unknown(wanted: str, summaries: Sequence[CollectionSummary], phrases: Phrases) -> str:
    """A collection that is not there, and one that may not be read here, are the same to whoever asks."""
    known = ", ".join(code_span(summary.collection) for summary in summaries)
    shown = code_span(one_line(wanted)[:_LONGEST_CHARS])
    if not known:
        return phrases("sources.none")
    return phrases("sources.unknown", collection=shown, known=known)


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


SOURCES = Command(
    "sources",
    "sources.summary",
    "/sources",
    _run,
    (Argument("collection", required=False, needs_slash=True),),
    aliases=("fontes",),
    shown_to="everybody",
)
