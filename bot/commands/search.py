"""`/search`: the passages that an answer would be made from, without the answer; no model reads them."""

from __future__ import annotations

from textwrap import shorten

from bot.commands.base import Argument, Command, Invocation
from bot.messages import Card, Source
from bot.replies import nothing_public_card
from bot.safety import safe
from bot.text import one_line
from rag.model import Passage

_SHOWN_CHARS = 240


async def _run(call: Invocation) -> Card:
    words, pipeline = call.arguments["text"], call.desk.pipeline
    if call.nothing_is_public:
        return nothing_public_card(call.phrases)
    await pipeline.admit(call.asker)  # it may cost an embedding
    found = await pipeline.search(words, scope=call.scope)
    if not found.passages:
        return Card(call.phrases("search.nothing"), notice=call.notice)
    key = "search.found" if found.relevant else "search.found_little"
    degraded = call.phrases(f"degraded.{found.degraded}") if found.degraded else ""
    return Card(
        call.phrases.count(key, len(found.passages)),
        notice=" ".join(filter(None, (call.notice, degraded))),
        sources=tuple(_source(n, passage) for n, passage in enumerate(found.passages, start=1)),
    )


def _source(n: int, passage: Passage) -> Source:
    chunk = passage.chunk
    return Source(
        n=n,
        title=one_line(chunk.title),
        heading=one_line(" › ".join(chunk.heading_path)),
        link=one_line(chunk.link),
        quote=shorten(one_line(safe(chunk.text)), _SHOWN_CHARS, placeholder="…"),
    )


SEARCH = Command(
    "search",
    "search.summary",
    "search.example",
    _run,
    (Argument("text", is_rest=True),),
    aliases=("buscar", "procurar", "pesquisar"),
    shown_to="everybody",
)
