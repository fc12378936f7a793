"""`ragbot forget`: what a person asked goes, and who they are goes out of the books."""

from __future__ import annotations

from argparse import Namespace

from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.output import print_json
from bot.cli.parser import WrongUse
from bot.forgetting import forget
from bot.locales import phrases_in


async def run(options: Namespace) -> int:
    """Erase their questions and their identifier; say how many there were, and which limits still name them."""
    user = options.user
    if not user.strip():
        raise WrongUse("who is to be forgotten? For example: ragbot forget --user U0123")
    async with open_office(options) as office:
        gone = await forget(office.accounts, user)
        limits = [change for change in await office.accounts.in_force() if change.target == f"user:{user}"]
    if options.json:
        print_json({"user": user, "entries": gone.entries, "questions": gone.questions, "feedback": gone.verdicts})
        return EXIT_OK
    phrases = phrases_in("en")
    if gone.questions:
        print(f"{user}: {phrases.count('count.questions', gone.questions)} erased, with what I answered.")
    if gone.verdicts:
        print(f"{user}: taken out of {phrases.count('count.verdicts', gone.verdicts)}; they still count.")
    told = phrases.count("count.entries", gone.entries)
    print(
        f"{user}: taken out of {told} of the ledger; all sums stay." if gone.entries else f"{user}: not in the ledger."
    )
    for change in limits:
        name = change.measure
        print(f"A limit for them still holds; `ragbot limits --for {change.target} --reset {name}` ends it.")
    return EXIT_OK
