"""Which collections a place may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag.model import Scope

EVERY_OTHER_PLACE = "*"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read what, as configured.

    Attributes:
        audiences: The collections that each place may read; `*` stands for all places that are not named. Without any
            audience everyone reads everything; with some, a place that none of them names reads nothing.
    """

    audiences: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def scope_of(self, place: str) -> Scope:
        """What a question from this place may search."""
        if not self.audiences:
            return Scope.everything()
        return Scope.of(*self.audiences.get(place, self.audiences.get(EVERY_OTHER_PLACE, ())))
