"""The buttons under the last answer of a conversation, as commands: for terminals, and where typing is quicker."""

from __future__ import annotations

from bot.commands.base import Argument, Command, pressed

WHY = Command("why", "why.summary", "/why", pressed, needs_slash=True, button="why")
QUOTES = Command("quotes", "quotes.summary", "/quotes", pressed, button="sources")
GOOD = Command("good", "good.summary", "/good", pressed, spoken=("👍",), needs_slash=True, button="good")
BAD = Command(
    "bad",
    "bad.summary",
    "bad.example",
    pressed,
    (Argument("reason", required=False, is_rest=True),),
    spoken=("👎",),
    needs_slash=True,
    button="bad",
)
RETRY = Command("retry", "retry.summary", "/retry", pressed, aliases=("de novo",), button="retry")
STOP = Command("stop", "stop.summary", "/stop", pressed, aliases=("parar", "pare"), button="stop")
HAND_OVER = Command(
    "handover",
    "hand_over.summary",
    "/handover",
    pressed,
    (Argument("note", required=False, is_rest=True, needs_slash=True),),
    more=("hand_over.example",),
    aliases=("hand over", "passe para alguém", "passar para alguém"),
    button="hand_over",
)
DOCUMENTS = Command(
    "documents",
    "documents.summary",
    "/documents",
    pressed,
    aliases=("documentos",),
    needs_slash=True,
    button="documents",
)
BOOKS = Command("books", "books.summary", "/books", pressed, aliases=("contas",), needs_slash=True, button="books")
