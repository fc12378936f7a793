from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.access import Access, Admins
from bot.messages import DIRECT, Person
from rag.model import NO_PIN, Pin, Scope


def test_without_audiences_every_place_reads_everything() -> None:
    assert Access().scope_of("anywhere") == Scope.everything()


def test_a_named_place_reads_its_own_collections_and_not_those_of_the_others() -> None:
    access = Access({"C-HR": ("handbook", "salaries"), "*": ("handbook",)})

    assert access.scope_of("C-HR") == Scope.of("handbook", "salaries")
    assert access.scope_of("C-RANDOM") == Scope.of("handbook")


def test_a_place_named_with_nothing_reads_nothing_even_if_the_others_read_something() -> None:
    assert Access({"C-GUESTS": (), "*": ("handbook",)}).scope_of("C-GUESTS") == Scope.of()


def test_outsiders_read_what_is_public_and_no_more_where_nobody_is_restricted() -> None:
    access = Access(public=frozenset({"guide"}))

    assert access.scope_of("C1", is_outside=True) == Scope.of("guide")
    assert access.scope_of("C1") == Scope.everything()
    assert Access().scope_of("C1", is_outside=True) == Scope.of()


def test_outsiders_read_of_what_their_place_may_read_what_is_public() -> None:
    access = Access({"C1": ("guide", "salaries"), "C2": ("salaries",), "*": ()}, public=frozenset({"guide", "prices"}))

    assert access.scope_of("C1", is_outside=True) == Scope.of("guide")
    assert access.scope_of("C2", is_outside=True) == Scope.of()
    assert access.scope_of("C3", is_outside=True) == Scope.of()
    assert access.scope_of("C1") == Scope.of("guide", "salaries")


@given(st.dictionaries(st.text(), st.lists(st.text())), st.frozensets(st.text()), st.text())
def test_no_outsider_reads_what_is_not_public_or_more_than_a_member(
    audiences: dict[str, list[str]], public: frozenset[str], place: str
) -> None:
    access = Access(audiences, public=public)
    outside, inside = access.scope_of(place, is_outside=True).collections, access.scope_of(place).collections

    assert outside is not None
    assert outside <= public
    assert inside is None or outside <= inside


def test_of_two_persons_the_one_who_may_read_less_decides() -> None:
    member, guest = (
        Person(id="U1", locale="en", roles=frozenset({"ops"})),
        Person(id="G", locale="pt-BR", is_outside=True),
    )

    assert member.beside(member) == member
    assert guest.beside(member) == guest
    assert member.beside(guest) == Person(id="U1", locale="en", roles=frozenset({"ops"}), is_outside=True)


@given(st.dictionaries(st.text(), st.lists(st.text()), min_size=1), st.text())
def test_once_anything_is_restricted_nobody_reads_what_no_audience_grants(
    audiences: dict[str, list[str]], place: str
) -> None:
    readable = Access(audiences).scope_of(place).collections

    assert readable is not None
    assert readable <= set(audiences.get(place, [])) | set(audiences.get("*", []))


def test_what_a_place_belongs_to_says_what_it_reads_where_nothing_nearer_does() -> None:
    access = Access({"C1": ("a",), "CAT": ("b",), "SRV": ("c",), "*": ("d",)})

    def read(place: str, *within: str) -> Scope:
        return access.scope_for(Person(id="U1", locale="en", within=within), place)

    assert read("C1", "CAT", "SRV") == Scope.of("a")
    assert read("C2", "CAT", "SRV") == Scope.of("b")
    assert read("C2", "SRV") == Scope.of("c")
    assert read("C2", "OTHER") == Scope.of("d")


def test_what_a_role_reads_is_read_where_nobody_else_reads_along_and_nowhere_else() -> None:
    access = Access({"HR": ("salaries",), "SRV": ("handbook",), DIRECT: ("guide",)}, public=frozenset({"guide"}))
    ana = Person(id="U1", locale="en", roles=frozenset({"HR", "OPS"}), within=("SRV",))

    assert access.scope_for(ana, "C1") == Scope.of("handbook")
    assert access.scope_for(replace(ana, within=(DIRECT,)), "D1") == Scope.of("guide", "salaries")
    assert access.scope_for(replace(ana, within=(DIRECT,), is_outside=True), "D1") == Scope.of("guide")


def test_a_place_is_pinned_by_its_name_by_the_star_or_not_at_all() -> None:
    pins = {"C1": Pin(model="openai/gpt"), "C2": NO_PIN, "*": Pin(policy="cheapest")}
    access = Access(pins=pins)

    assert [access.pin_of(place) for place in ("C1", "C2", "C3")] == [
        Pin(model="openai/gpt"),
        NO_PIN,
        Pin(policy="cheapest"),
    ]
    assert Access().pin_of("C1") == NO_PIN
    assert Access(pins=pins).scope_of("C1") == Scope.everything()


def test_admins_are_named_or_have_one_of_their_roles() -> None:
    admins = Admins(users=frozenset({"U1"}), roles=frozenset({"ops", "finance"}))

    assert Person(id="U1", locale="en") in admins
    assert Person(id="U2", locale="en", roles=frozenset({"sales", "ops"})) in admins
    assert Person(id="U2", locale="en", roles=frozenset({"sales"})) not in admins
    # An id is no role, and a role no id.
    assert Person(id="ops", locale="en", roles=frozenset({"U1"})) not in admins


def test_nobody_is_an_admin_who_is_not_said_to_be() -> None:
    assert Person(id="U1", locale="en", roles=frozenset({"admin"})) not in Access().admins
    assert Person(id="", locale="en") not in Admins()
