"""What is kept about a person, erased everywhere at once: books, journal, feedback, memory, and what they chose."""

from __future__ import annotations

from dataclasses import dataclass

from bot import choices, feedback, journal
from rag.cache import store as remembered
from rag.quota.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much there was.

    Attributes:
        entries: Of the ledger, which named them; the sums stay.
        questions: That they asked, with what was answered.
        verdicts: On answers; they count on.
    """

    entries: int
    questions: int
    verdicts: int


async def forget(accounts: Accounts, user: str, *, besides: str = "") -> Forgotten:
    """Erase a person; `besides` is the reference of the call that asks for it.

    Raises:
        StateUnavailable: The database does not answer; some of it may be erased already, and doing it again is safe.
    """
    database = accounts.database
    entries = await accounts.forget_user(user)
    questions, verdicts = await journal.forget(database, user, besides=besides), await feedback.forget(database, user)
    await remembered.forget(database, questions)
    await choices.forget(database, user)
    return Forgotten(entries, len(questions), verdicts)
