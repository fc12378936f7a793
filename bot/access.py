"""What each place may read, which models answer there, and who is an admin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.messages import Person
from rag.model import NO_PIN, Pin, Scope

EVERY_OTHER_PLACE = "*"


@dataclass(frozen=True, slots=True)
class Admins:
    """Who may see all figures, and change budgets, limits and models.

    Attributes:
        users: By the platforms' own ids.
        roles: Of whom everyone is one: roles and groups, as the platforms call them.
    """

    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def __contains__(self, person: Person) -> bool:
        return person.id in self.users or not self.roles.isdisjoint(person.roles)


@dataclass(frozen=True, slots=True)
class Access:
    """What holds where, as configured; in both mappings `*` stands for all places that are not named.

    Attributes:
        audiences: The collections that each place may read. Without any audience everyone reads everything; with
            some, a place that none of them names reads nothing.
        pins: What each place asks of the routes; a place that none of them names takes them as they are.
        insists: The pins hold whatever admins choose while the bot runs.
        public: The collections that everybody may read, whoever they are: no others where outsiders read along.
    """

    audiences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pins: Mapping[str, Pin] = field(default_factory=dict)
    admins: Admins = Admins()
    insists: bool = False
    public: frozenset[str] = frozenset()

    def scope_of(self, place: str, *, is_outside: bool = False) -> Scope:
        """What a question from this place may search; `is_outside` is of whoever asks, as in `Person`."""
        if not self.audiences:
            return Scope(self.public) if is_outside else Scope.everything()
        readable = frozenset(self.audiences.get(place, self.audiences.get(EVERY_OTHER_PLACE, ())))
        return Scope(readable & self.public if is_outside else readable)

    def pin_of(self, place: str) -> Pin:
        """What a question from this place asks of its route."""
        return self.pins.get(place, self.pins.get(EVERY_OTHER_PLACE, NO_PIN))
