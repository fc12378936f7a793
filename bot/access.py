"""What each place may read, which models answer there, and who is an admin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.messages import DIRECT, Person
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
        audiences: The collections that each place may read, by the place, by what it belongs to, or by a role. Without
            any audience everyone reads everything; with some, a place that none of them names reads nothing.
        pins: What each place asks of the routes; a place that none of them names takes them as they are.
        insists: The pins hold whatever admins choose while the bot runs.
        public: The collections that everybody may read, whoever they are: no others where outsiders read along.
    """

    audiences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pins: Mapping[str, Pin] = field(default_factory=dict)
    admins: Admins = Admins()
    insists: bool = False
    public: frozenset[str] = frozenset()

    def scope_for(self, person: Person, place: str) -> Scope:
        """What a question of theirs from this place may search.

        What a role may read is read where nobody else reads along, and nowhere else.
        """
        return self.scope_of(
            place,
            person.within,
            roles=person.roles if DIRECT in person.within else frozenset(),
            is_outside=person.is_outside,
        )

    def scope_of(
        self,
        place: str,
        within: Sequence[str] = (),
        *,
        roles: frozenset[str] = frozenset(),
        is_outside: bool = False,
    ) -> Scope:
        """What a question from this place may search.

        Args:
            within: As in `Person`; the nearest that has an audience counts.
            roles: Of whoever alone reads there; what theirs may read is added.
            is_outside: As in `Person`.
        """
        if not self.audiences:
            return Scope(self.public) if is_outside else Scope.everything()
        named = (name for name in (place, *within, EVERY_OTHER_PLACE) if name in self.audiences)
        readers = [name for name in (next(named, None), *roles) if name is not None]
        readable = frozenset(collection for name in readers for collection in self.audiences.get(name, ()))
        return Scope(readable & self.public if is_outside else readable)

    def pin_of(self, place: str) -> Pin:
        """What a question from this place asks of its route."""
        return self.pins.get(place, self.pins.get(EVERY_OTHER_PLACE, NO_PIN))
