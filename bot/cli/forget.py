"""`ragbot forget`: what a person asked goes, and who they are goes out of the books."""

from __future__ import annotations

from argparse import Namespace

from bot import feedback, journal
from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.output import print_json
from bot.cli.parser import WrongUse
from bot.locales import phrases_in
from rag.cache import store as remembered


async def run(options: Namespace) -> int:
    """Erase their questions and their identifier; say how many there were, and which limits still name them."""
    user = options.user
    if not user.strip():
        raise WrongUse("who is to be forgotten? For example: ragbot forget --user U0123")
    async with open_office(options) as office:
        database = office.accounts.database
        entries = await office.accounts.forget_user(user)
        questions, verdicts = await journal.forget(database, user), await feedback.forget(database, user)
        await remembered.forget(database, questions)
        limits = [change for change in await office.accounts.in_force() if change.target == f"user:{user}"]
    if options.json:
        print_json({"user": user, "entries": entries, "questions": len(questions), "feedback": verdicts})
        return EXIT_OK
    phrases = phrases_in("en")
    if questions:
        print(f"{user}: {phrases.count('count.questions', len(questions))} erased, with what I answered.")
    if verdicts:
        print(f"{user}: taken out of {phrases.count('count.verdicts', verdicts)}; they still count.")
    told = phrases.count("count.entries", entries)
    print(f"{user}: taken out of {told} of the ledger; all sums stay." if entries else f"{user}: not in the ledger.")
    for change in limits:
        name = change.measure
        print(f"A limit for them still holds; `ragbot limits --for {change.target} --reset {name}` ends it.")
    return EXIT_OK
