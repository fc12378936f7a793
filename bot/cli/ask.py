"""`ragbot ask`: one question, one answer."""

from __future__ import annotations

import sys
from argparse import Namespace

from bot.bootstrap import Bot, open_bot
from bot.cli import EXIT_FAILED, EXIT_OK
from bot.cli.output import print_json, usd
from bot.cli.parser import WrongUse
from bot.cli.scope import chosen_scope
from bot.platforms.console.keyboard import read_line
from bot.platforms.console.platform import NAME, answer_once
from rag.model import Answer, Scope


async def run(options: Namespace) -> int:
    """Answer, and exit with 0 also where the honest answer is that the documents do not say."""
    question = " ".join(options.question).strip() or await _piped_question()
    if not question:
        raise WrongUse('what is the question? For example: ragbot ask "How do I set a daily budget?"')
    async with open_bot(options) as bot:
        return await answer(bot, question, scope=await chosen_scope(bot, options), as_json=options.json)


async def answer(bot: Bot, question: str, *, scope: Scope | None = None, as_json: bool = False) -> int:
    """Answer a question on the standard output."""
    if as_json:
        allowed = scope or bot.access.scope_of(NAME)
        print_json(as_dict(await bot.pipeline.query(question, scope=allowed)))
        return EXIT_OK
    card = await answer_once(bot.conversation(scope).handle, question, locale=bot.settings.locale, stdout=sys.stdout)
    return EXIT_OK if card.receipt else EXIT_FAILED


async def _piped_question() -> str:
    if sys.stdin.isatty():
        return ""
    lines = []
    while (line := await read_line(sys.stdin)) is not None:
        lines.append(line)
    return "".join(lines).strip()


def as_dict(answer: Answer) -> dict[str, object]:
    """The answer in the form that scripts rely on; what is unknown is null."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "citations": [
            {
                "n": citation.n,
                "title": citation.title,
                "heading": citation.heading,
                "source": citation.source,
                "link": citation.link,
                "quote": citation.quote,
            }
            for citation in answer.citations
        ],
        "task": answer.task,
        "language": answer.language,
        "provider": answer.provider,
        "model": answer.model,
        "rung": answer.rung,
        "rung_reason": answer.rung_reason,
        "refused": answer.refused,
        "nearest_titles": list(answer.nearest_titles),
        "cached": answer.cached,
        "tokens": {
            "input": answer.tokens.input,
            "output": answer.tokens.output,
            "cached_input": answer.tokens.cached_input,
        },
        "cost_usd": usd(answer.cost_micro_usd),
        "latency_s": round(answer.latency_s, 4),
        "degraded": answer.degraded,
        "reference": answer.reference,
    }
