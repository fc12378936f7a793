"""`ragbot ask`: one question, one answer."""

from __future__ import annotations

import sys
from argparse import Namespace

from bot.access import Access
from bot.bootstrap import Bot, open_bot
from bot.cli import EXIT_FAILED, EXIT_OK
from bot.cli.access import chosen_access
from bot.cli.output import print_json, usd
from bot.cli.parser import WrongUse
from bot.commands import call_in, commands_on
from bot.platforms.console.keyboard import read_line
from bot.platforms.console.platform import NAME, OPERATOR, answer_once
from rag.model import Answer, TokenUsage


async def run(options: Namespace) -> int:
    """Answer, and exit with 0 also where the honest answer is that the documents do not say."""
    question = " ".join(options.question).strip() or await _piped_question()
    if not question:
        raise WrongUse('what is the question? For example: ragbot ask "How do I set a daily budget?"')
    async with open_bot(options) as bot:
        access = await chosen_access(bot, options)
        return await answer(bot, question, access=access, as_json=options.json)


async def answer(bot: Bot, question: str, *, access: Access | None = None, as_json: bool = False) -> int:
    """Answer a question on the standard output; `access` in place of what is configured."""
    access = access or bot.access
    if as_json:
        scope, pin = access.scope_of(NAME), await bot.choices(access).pin_of(NAME)
        await bot.pipeline.admit(OPERATOR)
        print_json(as_dict(await bot.pipeline.query(question, scope=scope, pin=pin, asker=OPERATOR)))
        return EXIT_OK
    card = await answer_once(bot.conversation(access), question, locale=bot.settings.locale, stdout=sys.stdout)
    is_answered = card.receipt or call_in(question, commands_on(NAME)) is not None
    return EXIT_OK if is_answered else EXIT_FAILED


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
        "age_s": None if answer.age_s is None else round(answer.age_s, 3),
        "similar_to": answer.similar_to,
        "truncated": answer.truncated,
        "unbacked": answer.unbacked,
        "degraded": answer.degraded,
        "tokens": _tokens(answer.tokens),
        "tokens_estimated": answer.tokens.estimated,
        "cost_usd": usd(answer.cost_micro_usd),
        "latency_s": round(answer.latency_s, 4),
        "attempts": [
            {
                "purpose": attempt.purpose,
                "provider": attempt.provider,
                "model": attempt.model,
                "outcome": attempt.outcome,
                "seconds": round(attempt.seconds, 4),
                "tokens": _tokens(attempt.tokens),
                "cost_usd": usd(attempt.cost_micro_usd),
            }
            for attempt in answer.attempts
        ],
        "reference": answer.reference,
    }


def _tokens(tokens: TokenUsage) -> dict[str, int | None]:
    return {"input": tokens.input, "output": tokens.output, "cached_input": tokens.cached_input}
