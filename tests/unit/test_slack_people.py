"""Who people are, as a Slack of ours tells it; and what is assumed where it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.platforms.slack import people
from bot.platforms.slack.people import Directory
from bot.platforms.slack.web import Web, open_web
from tests.fakes.clock import FakeClock
from tests.fakes.slack import Channel, Slack, User, open_slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with open_slack() as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def web(slack: Slack, clock: FakeClock) -> AsyncIterator[Web]:
    async with open_web(slack.api_url, slack.bot_token, clock) as opened:
        yield opened


@pytest.fixture
def directory(web: Web, slack: Slack, clock: FakeClock) -> Directory:
    return Directory(web, clock, team=slack.team, locale="en")


@pytest.fixture
def ana(slack: Slack) -> User:
    return slack.person("Ana", locale="pt-BR")


@pytest.fixture
def general(slack: Slack, ana: User) -> Channel:
    return slack.channel("general", members=[ana])


class TestAPerson:
    @pytest.mark.parametrize(("told", "read"), [("pt-BR", "pt-BR"), ("pt-PT", "pt-BR"), ("fr-FR", "en"), ("", "en")])
    async def test_reads_the_language_that_slack_tells_or_the_bots_own(
        self, slack: Slack, directory: Directory, general: Channel, told: str, read: str
    ) -> None:
        person = slack.person("Gil", locale=told)

        assert (await directory.person(person.id, general.id)).locale == read
        assert await directory.locale(person.id) == read

    async def test_is_of_this_workspace_and_inside(self, directory: Directory, ana: User, general: Channel) -> None:
        person = await directory.person(ana.id, general.id, team="T0HOME")

        assert (person.workspace, person.is_outside, person.roles) == ("T0HOME", False, frozenset())

    async def test_is_outside_as_a_guest_or_as_somebody_of_another_workspace(
        self, slack: Slack, directory: Directory, ana: User, general: Channel
    ) -> None:
        guests = [slack.person("Gil", guest=True), slack.person("Gil", guest="single"), slack.person("Gil", team="T9")]

        for guest in guests:
            assert (await directory.person(guest.id, general.id)).is_outside
        assert (await directory.person(ana.id, general.id, team="T9")).is_outside
        assert not (await directory.person(ana.id, general.id)).is_outside

    async def test_is_asked_for_once_an_hour(
        self, slack: Slack, directory: Directory, ana: User, general: Channel, clock: FakeClock
    ) -> None:
        await asyncio.gather(*(directory.person(ana.id, general.id) for _ in range(20)))
        assert len(slack.calls_to("users.info")) == 1

        clock.wind(3_601)
        await directory.person(ana.id, general.id)
        assert len(slack.calls_to("users.info")) == 2

    async def test_is_in_user_groups_by_their_ids_and_handles(
        self, slack: Slack, directory: Directory, ana: User, general: Channel
    ) -> None:
        group = slack.usergroup("admins", [ana])

        assert (await directory.person(ana.id, general.id)).roles == {group, "admins"}


class TestAnOrganisationOfSeveralWorkspaces:
    @pytest.fixture
    def directory(self, web: Web, slack: Slack, clock: FakeClock) -> Directory:
        return Directory(web, clock, team=slack.team, enterprise="E0OURS", locale="en")

    @pytest.mark.parametrize(("organisation", "outside"), [("E0OURS", False), ("E0OTHER", True), (None, True)])
    def test_has_people_inside_by_its_own_id_alone(
        self, directory: Directory, organisation: str | None, *, outside: bool
    ) -> None:
        told = {"team_id": "T9", **({"enterprise_user": {"enterprise_id": organisation}} if organisation else {})}

        assert directory._is_outside(told) is outside

    @pytest.mark.parametrize(("team", "outside"), [("E0OURS", False), ("T0HOME", False), ("E0OTHER", True)])
    async def test_may_stand_in_an_event_for_their_workspace(
        self, directory: Directory, ana: User, general: Channel, team: str, *, outside: bool
    ) -> None:
        assert (await directory.person(ana.id, general.id, team=team)).is_outside is outside


class TestAPlace:
    async def test_is_shared_by_what_slack_tells_of_it_or_by_what_the_event_says(
        self, slack: Slack, directory: Directory, ana: User, general: Channel
    ) -> None:
        partners = slack.channel("partners", shared=True, members=[ana])

        assert (await directory.place(partners.id)).is_shared
        assert not (await directory.place(general.id)).is_shared
        assert (await directory.place(general.id, is_shared=True)).is_shared
        assert (await directory.person(ana.id, partners.id)).is_outside
        assert (await directory.place(general.id)).is_shared, "commands do not say it again"
        directory.forget_place(general.id)
        assert not (await directory.place(general.id)).is_shared

    async def test_is_of_a_kind(self, slack: Slack, directory: Directory, ana: User, general: Channel) -> None:
        places = [general, slack.channel("board", private=True), slack.group_dm(ana), slack.dm(ana)]

        assert [(await directory.place(place.id)).kind for place in places] == ["channel", "private", "group", "direct"]
        assert (await directory.place("")).kind == "direct"

    async def test_is_asked_for_again_when_it_was_shared(self, directory: Directory, general: Channel) -> None:
        assert not (await directory.place(general.id)).is_shared
        general.shared = True
        assert not (await directory.place(general.id)).is_shared, "nobody has said so"
        directory.forget_place(general.id)

        assert (await directory.place(general.id)).is_shared

    async def test_that_is_shared_while_it_is_asked_for_is_not_remembered_as_it_was(
        self, slack: Slack, directory: Directory, general: Channel
    ) -> None:
        slack.delay("conversations.info", 0.05)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(directory.place(general.id))
            await slack.until(lambda: slack.calls_to("conversations.info"))
            directory.forget_place(general.id)
        general.shared = True

        assert not asking.result().is_shared
        assert (await directory.place(general.id)).is_shared


class TestUserGroups:
    async def test_are_asked_for_every_five_minutes_and_when_they_have_changed(
        self, slack: Slack, directory: Directory, ana: User, general: Channel, clock: FakeClock
    ) -> None:
        for _ in range(3):
            assert (await directory.person(ana.id, general.id)).roles == frozenset()
        slack.usergroup("admins", [ana])
        assert (await directory.person(ana.id, general.id)).roles == frozenset()
        assert len(slack.calls_to("usergroups.list")) == 1

        directory.forget_groups()
        assert "admins" in (await directory.person(ana.id, general.id)).roles
        slack.groups.clear()
        clock.wind(301)
        assert (await directory.person(ana.id, general.id)).roles == frozenset()

    async def test_hold_as_they_were_known_last_while_slack_does_not_tell(
        self, slack: Slack, directory: Directory, ana: User, general: Channel, clock: FakeClock
    ) -> None:
        slack.usergroup("admins", [ana])
        await directory.person(ana.id, general.id)
        clock.wind(301)
        slack.fail("usergroups.list", "fatal_error", times=4)

        assert "admins" in (await directory.person(ana.id, general.id)).roles

    async def test_that_the_app_may_not_see_are_asked_for_once(
        self, slack: Slack, directory: Directory, ana: User, general: Channel, clock: FakeClock
    ) -> None:
        slack.scopes.discard("usergroups:read")
        for _ in range(3):
            assert (await directory.person(ana.id, general.id)).roles == frozenset()
            clock.wind(301)

        assert len(slack.calls_to("usergroups.list")) == 1


class TestWhereSlackDoesNotTell:
    @pytest.mark.parametrize("method", ["users.info", "conversations.info"])
    async def test_everybody_is_outside_until_it_does(
        self, slack: Slack, directory: Directory, ana: User, general: Channel, clock: FakeClock, *, method: str
    ) -> None:
        slack.fail(method, "missing_scope", needed="some:read")
        assert (await directory.person(ana.id, general.id)).is_outside
        assert (await directory.person(ana.id, general.id)).is_outside
        assert len(slack.calls_to(method)) == 1, "it is not asked again at once"

        clock.wind(11)
        assert not (await directory.person(ana.id, general.id)).is_outside

    async def test_one_place_is_no_reason_to_mistrust_another(
        self, slack: Slack, directory: Directory, ana: User, general: Channel
    ) -> None:
        elsewhere = slack.channel("board", private=True, bot_in=False)

        assert (await directory.place(elsewhere.id)).is_shared
        assert not (await directory.person(ana.id, general.id)).is_outside

    async def test_because_it_is_an_imitation_that_knows_no_guests_nobody_is_one(self, clock: FakeClock) -> None:
        methods = ["users.info", "conversations.info", "usergroups.list"]
        async with (
            open_slack(without=methods) as slack,
            open_web(slack.api_url, slack.bot_token, clock) as web,
        ):
            directory = Directory(web, clock, team=slack.team, locale="en")
            for number in range(3):
                assert not (await directory.person(f"U{number}", f"C{number}")).is_outside
            assert sorted(call.method for call in slack.calls) == sorted(methods)

    async def test_whoever_waits_is_held_up_once_and_for_no_longer_than_allowed(
        self, slack: Slack, directory: Directory, ana: User, general: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(people, "_LONGEST_S", 0.1)
        other = slack.person("Bruno")
        for method in ("users.info", "conversations.info", "usergroups.list"):
            slack.delay(method, 5, times=99)

        async with asyncio.timeout(4):  # one after the other, forty would wait for a minute
            persons = await asyncio.gather(
                *(directory.person(ana.id, general.id) for _ in range(20)),
                *(directory.person(other.id, general.id) for _ in range(20)),
            )
            names = await directory.names([ana.id, other.id, general.id, "S1"])
        assert {person.is_outside for person in persons} == {True}
        assert names == {}
        assert len(slack.calls_to("users.info")) <= 2


async def test_names_are_told_of_people_and_channels_as_far_as_there_are_any(
    directory: Directory, ana: User, general: Channel
) -> None:
    assert await directory.names([ana.id, general.id, "UNOBODY", "S1"]) == {ana.id: "Ana", general.id: "general"}
