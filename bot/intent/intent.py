"""What a message was found to mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["", "up", "down"]


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that a message asks for in plain words.

    Attributes:
        words: The command's arguments, only those that the message names, in the command's own words; whose they are
            may be a mention, as it was typed.
        is_sure: All of the message was understood. Otherwise it may be meant so: it is answered from the documents,
            with a button that leads to the books.
        direction: Where the verb of an order wants the amount to go, as `raise` and `reduce` do; `""` where it does not
            say, as `set`. An amount on the other side of the present one contradicts it.
    """

    command: Literal["cost", "budget", "limits", "status"]
    words: tuple[str, ...]
    is_sure: bool
    direction: Direction = ""

    @property
    def is_about_money(self) -> bool:
        """Whether the answer stands in the books."""
        return self.command != "status"
