"""`ragbot route`: how a message is taken, which models it would be sent to, and why; nothing is sent."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from types import MappingProxyType

from bot.bootstrap import open_bot
from bot.cli import EXIT_OK
from bot.cli.access import with_pin
from bot.cli.output import print_json, print_table, usd
from bot.cli.parser import WrongUse
from bot.commands import COMMANDS, Call, call_in, hint_in, is_asked, named, nearest, without_name
from bot.locales import phrases_in
from bot.platforms.console.platform import NAME
from rag.model import Candidate, CandidateReason, Language, Policy, RoutePlan, Task

_REASONS: Mapping[CandidateReason, str] = MappingProxyType(
    {
        "first": "asked first",
        "fallback": "asked if those before it fail",
        "answered": "answered",
        "failed": "was asked and failed",
        "content_refused": "would not say it",
        "not_needed": "was not needed",
        "not_pinned": "another model is pinned",
        "not_configured": "its provider has no key",
        "no_price": "nobody knows what it costs",
        "gone": "its vendor does not serve it any more",
        "resting": "rests after failures",
        "off": "is off until somebody mends its key or account",
        "rate_limited": "its provider's limit of this minute is reached",
        "too_small": "the question and its passages do not fit into it",
        "too_expensive": "may cost more than one answer may",
        "budget_exhausted": "may cost more than is left of a budget",
        "budget_held": "what is left of a budget is held for other answers",
        "limit_reached": "may take more tokens than a limit leaves",
        "ledger_down": "nobody knows what may be spent",
    }
)
_TASKS: Mapping[Task, str] = MappingProxyType(
    {
        "factual": "a question of fact",
        "code_generation": "a question that asks for code",
        "document_analysis": "a question about whole documents",
        "quick": "a quick question",
        "real_time": "a question about this moment",
    }
)
_LANGUAGES: Mapping[Language, str] = MappingProxyType({"en": "English", "pt": "Portuguese"})
_POLICIES: Mapping[Policy, str] = MappingProxyType(
    {"preferred": "in the order of the configuration", "cheapest": "the cheapest first", "fastest": "the fastest first"}
)


async def run(options: Namespace) -> int:
    """Tell what a message is and how it would be routed."""
    message = without_name(" ".join(options.message))
    if not message:
        raise WrongUse('what is the message? For example: ragbot route "How do I set a daily budget?"')
    question = message.split(maxsplit=1)[1] if is_asked(message) else message
    call = None if question != message else call_in(message, COMMANDS)
    if call is not None:  # no model has a part in it
        if options.json:
            print_json(_of_command(call))
        else:
            print(_told(call))
        return EXIT_OK
    async with open_bot(options) as bot:
        pin = await bot.choices(with_pin(bot.access, bot, options)).pin_of(NAME)
        plan = await bot.pipeline.plan(question, pin=pin)
    hint = hint_in(question)
    if options.json:
        print_json(as_dict(plan, hint))
    else:
        _print(plan)
        if hint is not None:
            print(f"\nIt may be about the bot's own books: a button below the answer leads to {_typed(hint)}.")
    return EXIT_OK


def as_dict(plan: RoutePlan, hint: Call | None = None) -> dict[str, object]:
    """The plan in the form that scripts rely on; what is unknown is null.

    Args:
        hint: What else it may mean: the command that a button below the answer leads to.
    """
    return {
        "kind": "question",
        "command": None,
        "words": [],
        "hint": None if hint is None else _typed(hint),
        "task": plan.task,
        "language": plan.language,
        "fresh": plan.fresh,
        "policy": plan.policy,
        "saving": plan.saving,
        "candidates": [
            {
                "provider": candidate.provider,
                "model": candidate.model,
                "taken": candidate.taken,
                "reason": candidate.reason,
                "estimate_usd": usd(candidate.estimate_micro_usd),
            }
            for candidate in plan.candidates
        ],
    }


def _of_command(call: Call) -> dict[str, object]:
    """The same keys for a command, which is answered without any model."""
    unknown = dict.fromkeys(("hint", "task", "language", "fresh", "policy", "saving"))
    kind = "money" if call.is_about_money else "command"
    return {"kind": kind, "command": call.name, "words": list(call.words), **unknown, "candidates": []}


def _typed(call: Call) -> str:
    return " ".join((f"/{call.name}", *call.words))


def _told(call: Call) -> str:
    if call.in_words:
        about = "a question of money" if call.is_about_money else "a wish in words"
        return f"{about}, answered from the books by {_typed(call)}, without any model"
    if named(call.name, COMMANDS) is not None:
        return f"the command {_typed(call)}: answered without any model"
    guess = nearest(call.name, COMMANDS)
    return f"a command, but there is no /{call.name}" + (f"; did you mean /{guess}?" if guess else "")


def _print(plan: RoutePlan) -> None:
    print(f"{_TASKS[plan.task]}, in {_LANGUAGES[plan.language]}; models are asked {_POLICIES[plan.policy]}")
    if plan.fresh:
        print("it asks for how things stand now, so what is remembered is soon too old")
    if plan.saving:
        print("most of today's budget is used, so cheaper models come first")
    print()
    if not plan.candidates:
        print("No model is on this route: the answer is quoted from the documents.")
        return
    taken = [candidate for candidate in plan.candidates if candidate.taken]
    print_table(
        ("", "model", "", "why", "at most"),
        [_row(candidate, taken) for candidate in plan.candidates],
        numeric=(0, 4),
        styles=["" if candidate.taken else "dim" for candidate in plan.candidates],
    )
    after = "After the last of them" if taken else "None of them can be asked now"
    print(f"\n{after}: a remembered answer, or quotations from the documents.")


def _row(candidate: Candidate, taken: list[Candidate]) -> tuple[str, ...]:
    cost = candidate.estimate_micro_usd
    return (
        str(taken.index(candidate) + 1) if candidate.taken else "–",
        f"{candidate.provider}/{candidate.model}",
        "taken" if candidate.taken else "passed over",
        _REASONS[candidate.reason],
        "–" if cost is None else phrases_in("en").usd(cost),
    )
