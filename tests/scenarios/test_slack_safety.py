"""Nothing that a model, a document or a person writes acts in Slack: it is shown as it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import ConfigurationError, ConfigurationProblem
from tests.fakes.slack import Channel, Slack, User, open_slack
from tests.scenarios.slack_talks import answered, asked, of_bot, served, text_of
from tests.scenarios.talks import Gate, citations, model

# As they are typed, with look-alikes and entities, in code, and in links that carry them.
CALLS = (
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@{user}>",
    "<@{user}|Ana>",
    "<!subteam^{group}>",
    "<!subteam^{group}|@helpdesk>",
    "<#{channel}>",
    "@here",
    "@channel",
    "&lt;!channel&gt;",
    "&#60;!here>",
    "`<!channel>`",
    "```\n<!here>\n```",
    "[x](<!channel>)",
    "| <!here> | b |\n|---|---|\n| <@{user}> | <!channel> |",
)


@pytest.fixture
def calls(slack: Slack, ana: User, general: Channel) -> list[str]:
    group = slack.usergroup("helpdesk", [ana])
    return [call.replace("{user}", ana.id).replace("{group}", group).replace("{channel}", general.id) for call in CALLS]


def is_quiet(slack: Slack) -> None:
    assert slack.pings == []
    sent = json.dumps([call.arguments for call in slack.calls if call.method.startswith("chat.")], ensure_ascii=False)
    for call in ("<!channel", "<!here", "<!everyone", "<!subteam", "<@U", "<#C"):
        assert call not in sent


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("at", [1, 2, 4, 7])
async def test_a_model_calls_nobody_wherever_its_words_are_cut(tmp_path: Path, at: int, *, streaming: bool) -> None:
    gate = Gate()
    async with open_slack(streaming=streaming) as slack:
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        group = slack.usergroup("helpdesk", [ana])
        named = [call.replace("{user}", ana.id).replace("{group}", group) for call in CALLS]
        scripts = {f"q{n}": (f"Ask {call[:at]}", gate, f"{call[at:]} now.") for n, call in enumerate(named)}
        async with served(slack, tmp_path, model(**scripts)):
            questions = [await slack.says(ana, general, f"{slack.mention} {name}") for name in scripts]
            for question in questions:  # what stands before the cut is seen before the rest is written
                await slack.until(lambda: "Ask" in of_bot(slack, general, question)[0].text)  # noqa: B023
            gate.open()
            for question in questions:
                await answered(slack, general, question)
        is_quiet(slack)


async def test_each_character_of_a_call_may_be_a_piece_of_its_own(
    slack: Slack, ana: User, general: Channel, calls: list[str], tmp_path: Path
) -> None:
    text = " ".join(calls)
    slack_pieces = []
    for character in text:
        gate = Gate()
        gate.open()
        slack_pieces += [character, gate]
    async with served(slack, tmp_path, model(all=slack_pieces)):
        await asked(slack, ana, general, "all")
    is_quiet(slack)


async def test_documents_and_people_call_nobody_either(
    slack: Slack, ana: User, general: Channel, calls: list[str], tmp_path: Path
) -> None:
    everything = " ".join(call.replace("\n", " ") for call in calls)
    mallory = slack.person(f"Mal <!channel> <@{ana.id}> @here *x*")
    slack.joins(mallory, general)
    pipeline = model(**{everything.replace(" ", "_"): "Yes [1]."}, vacation="Thirty [1].")
    pipeline.changes["citations"] = citations(
        2,
        title=f"T {everything}",
        heading=f"H {everything}",
        quote=f"Q {everything}",
        link=f"https://x.test/{everything}",
    )
    pipeline.changes["model"] = "<!channel>"
    pipeline.changes["rung"] = "fresh"
    async with served(slack, tmp_path, pipeline):
        question = await asked(slack, mallory, general, "vacation")
        await slack.runs(mallory, general, "/ask", everything)
        for button in ("Sources", "Why?"):
            await slack.presses(ana, of_bot(slack, general, question)[0], button)
        await slack.runs(mallory, general, "/rag", everything)
        await slack.edits(mallory, question, f"{slack.mention} {everything}")
        await slack.presses(ana, of_bot(slack, general, question)[0], "Try again")
        await slack.opens_home(mallory)
        await slack.until(lambda: slack.home(mallory))
        await slack.until(lambda: len(of_bot(slack, general, question, by=ana)) >= 3)
        await slack.until(lambda: len(of_bot(slack, general)) >= 2)
    is_quiet(slack)
    home = json.dumps(slack.home(mallory))
    assert "<!channel" not in home
    assert "<@U" not in home


async def test_what_is_written_is_what_is_seen(slack: Slack, ana: User, general: Channel, tmp_path: Path) -> None:
    text = "Is a < b & c > d? R&D says `x && y < z`; &amp; stays."
    async with served(slack, tmp_path, model(all=text)):
        question = await asked(slack, ana, general, "all")
        (answer,) = of_bot(slack, general, question)
        for told in ("a < b & c > d", "R&D", "`x && y < z`"):
            assert told in text_of([answer])


async def test_a_title_with_marks_in_it_does_not_break_the_list_of_sources(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days [1].")
    title = "*Bold* _it_ `code` | bar > quote <b> & ~x~ :smile:"
    pipeline.changes["citations"] = citations(2, title=title, heading=title, link="https://docs.test/a?b=c&d=e|f>g")
    async with served(slack, tmp_path, pipeline):
        question = await asked(slack, ana, general, "vacation")
    (answer,) = of_bot(slack, general, question)
    (listed,) = (line for line in answer.text.splitlines() if line.startswith("*[2]*"))
    for told in ("∗Bold∗", "ˍitˍ", "ˋcodeˋ", "<b> & ∼x∼", "∶smile"):
        assert told in listed
    (source,) = (block["text"]["text"] for block in answer.blocks if "*[2]*" in str(block.get("text")))
    assert source.count("<https://docs.test/a?b=c&amp;d=e%7Cf%3Eg|") == 2


async def test_links_never_unfold_and_are_the_cards_own_alone(slack: Slack, tmp_path: Path) -> None:
    text = "See [the site](https://evil.test/x) or <https://evil.test|good.test>."
    async with open_slack(streaming=False) as unstreamed:
        for place in (slack, unstreamed):
            who = place.person("Ana")
            channel = place.channel("c", members=[who])
            async with served(place, tmp_path / place.bot_token, model(all=text)):
                question = await asked(place, who, channel, "all")
                await place.runs(who, channel, "/ask", "all")
                await place.until(lambda: len(of_bot(place, channel)) == 1)  # noqa: B023
            shown = text_of(of_bot(place, channel, question))
            assert "](https://evil.test" not in shown
            assert "|good.test" not in shown
            for call in place.calls_to("chat.postMessage"):
                assert call.arguments["unfurl_links"] is False
                assert call.arguments["unfurl_media"] is False


@pytest.mark.parametrize(
    "error", [ConfigurationError([ConfigurationProblem("x", None, "secret", "sk-123")]), ValueError("secret: sk-123")]
)
async def test_errors_are_told_in_words_and_never_as_they_are(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, error: Exception
) -> None:
    async with served(slack, tmp_path, model(all=("It begins ", error))):
        question = await slack.says(ana, general, f"{slack.mention} all")
        await slack.until(lambda: "Try again" in of_bot(slack, general, question)[0].buttons)
    (answer,) = of_bot(slack, general, question)
    assert "ref1" in answer.text
    for secret in ("sk-123", "Traceback", "ValueError", "Configuration"):
        assert secret not in answer.text
        assert secret not in answer.fallback
