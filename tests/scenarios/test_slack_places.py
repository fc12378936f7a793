"""Places in Slack: what is answered where, from which collections, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.access import Access
from tests.fakes.slack import Slack, User
from tests.scenarios.slack_talks import answered, asked, of_bot, served, text_of
from tests.scenarios.talks import model

ONLY_PUBLIC = "so I use only public documents"


async def test_the_bot_answers_wherever_it_is_spoken_to(slack: Slack, ana: User, tmp_path: Path) -> None:
    bea = slack.person("Bea")
    places = [
        slack.channel("general", members=[ana]),
        slack.channel("secret", private=True, members=[ana]),
        slack.group_dm(ana, bea),
        slack.dm(ana),
    ]
    async with served(slack, tmp_path, model(vacation="Thirty days.", more="More.")):
        for place in places:
            question = await asked(slack, ana, place, "vacation")
            assert text_of(of_bot(slack, place, question)) == "Thirty days."
            await slack.says(ana, place, "more", thread=question)  # in its thread nobody has to name it again
            assert "More." in text_of(await answered(slack, place, question, answers=2))


async def test_among_people_nothing_is_answered_that_does_not_name_the_bot(
    slack: Slack, ana: User, tmp_path: Path
) -> None:
    bea = slack.person("Bea")
    places = [slack.channel("general", members=[ana, bea]), slack.group_dm(ana, bea)]
    pipeline = model(vacation="Thirty days.")
    async with served(slack, tmp_path, pipeline):
        for place in places:
            await slack.says(ana, place, "vacation")
            question = await asked(slack, ana, place, "vacation")
            await slack.says(bea, place, f"<@{ana.id}> vacation", thread=question)
            await asked(slack, bea, place, "vacation")
    assert len(pipeline.asked) == 4


async def test_a_place_reads_what_its_audience_may(slack: Slack, ana: User, tmp_path: Path) -> None:
    general = slack.channel("general", members=[ana])
    hr = slack.channel("hr", private=True, members=[ana])
    pipeline = model(vacation="Thirty days.")
    access = Access(audiences={hr.id: ["handbook", "salaries"], "*": ["handbook"]})
    async with served(slack, tmp_path, pipeline, access=access):
        for place in (general, hr, slack.dm(ana)):
            await asked(slack, ana, place, "vacation")
        head = await slack.runs(ana, hr, "/ask", "vacation")
        assert head is None
        await slack.until(lambda: len(pipeline.asked) == 4)
    scopes = [set(one.scope.collections or ()) for one in pipeline.asked]
    assert scopes == [{"handbook"}, {"handbook", "salaries"}, {"handbook"}, {"handbook", "salaries"}]


@pytest.mark.parametrize("who", ["guest", "single", "stranger", "shared", "stranger's message"])
async def test_outsiders_get_public_collections_alone_and_are_told(slack: Slack, tmp_path: Path, who: str) -> None:
    person = {
        "guest": lambda: slack.person("Gus", guest=True),
        "single": lambda: slack.person("Gus", guest="single"),
    }.get(who, lambda: slack.person("Gus", team="T0OTHER" if "stranger" in who else None))()
    shared = who == "shared"
    place = slack.dm(person) if who == "stranger's message" else slack.channel("c", shared=shared, members=[person])
    pipeline = model(vacation="Thirty days [1].")
    access = Access(audiences={"*": ["handbook", "salaries"]}, public=frozenset({"handbook"}))
    async with served(slack, tmp_path, pipeline, access=access):
        question = await slack.says(person, place, f"{slack.mention} vacation")
        (answer,) = await answered(slack, place, question)
        assert ONLY_PUBLIC in answer.text
        if not place.direct:
            await slack.runs(person, place, "/ask", "vacation")
            await slack.until(lambda: len(pipeline.asked) == 2)
    assert all(set(one.scope.collections or ()) == {"handbook"} for one in pipeline.asked)


async def test_where_nothing_is_public_outsiders_are_told_that(slack: Slack, ana: User, tmp_path: Path) -> None:
    shared = slack.channel("shared", shared=True, members=[ana])
    pipeline = model(vacation="Thirty days.")
    async with served(slack, tmp_path, pipeline, access=Access()):
        question = await slack.says(ana, shared, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, shared, question))
    assert "no document that may be read here is public" in of_bot(slack, shared, question)[0].text
    assert pipeline.asked == []
