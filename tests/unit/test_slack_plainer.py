"""The same message for workspaces that know older blocks alone: nothing but its looks is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.locales import phrases_in
from bot.messages import Card, Source
from bot.platforms.slack.blocks import SECTION_CHARS, Payload, message
from bot.platforms.slack.plainer import PLAINEST, plainer, size_of, texts_in

PHRASES = phrases_in("en")
CARD = Card(
    "# Head\n\n**Thirty** days & `code` <b> [1].",
    notice="Mind this.",
    sources=(Source(1, "Title", "Heading", "docs/a.md", "A quotation."),),
    receipt="acme/large · ref r1",
    reference="r1",
    actions=("good", "bad", "why", "retry"),
)


def kinds(payload: Payload) -> list[object]:
    return [block["type"] for block in payload.blocks]


def test_each_step_is_plainer_and_says_the_same() -> None:
    (whole,) = message(CARD, PHRASES)
    assert plainer(whole, 0) == whole
    steps = [plainer(whole, plainness) for plainness in range(PLAINEST + 1)]
    assert "context_actions" in kinds(steps[0])
    assert "context_actions" not in kinds(steps[1])
    assert "markdown" in kinds(steps[1])
    assert set(kinds(steps[2])) == {"section", "context", "actions"}
    assert steps[3].blocks == []
    for step in steps:
        shown = step.text if not step.blocks else "\n".join(text for block in step.blocks for text in texts_in(block))
        for told in ("Head", "Thirty", "days", "Mind this.", "Title › Heading", "A quotation.", "ref r1"):
            assert told in shown


def test_thumbs_become_two_buttons_that_do_the_same() -> None:
    (whole,) = message(CARD, PHRASES)
    elements = [element for block in plainer(whole, 1).blocks for element in block.get("elements", [])]  # type: ignore[attr-defined]
    told = {element.get("action_id"): element.get("value") for element in elements}
    assert told["ragbot:good"] == told["ragbot:bad"] == told["ragbot:why"] == "r1"


def test_at_its_plainest_it_calls_those_whom_it_calls() -> None:
    (whole,) = message(Card("Yours now.", tagged=("U0123456789",)), PHRASES)
    assert "<@U0123456789>" in plainer(whole, PLAINEST).text


def test_what_buttons_carry_has_no_weight() -> None:
    assert size_of([{"type": "button", "text": {"type": "plain_text", "text": "é"}, "value": "x" * 100}]) == 2


@given(st.text(alphabet="&<>*_`~a 数\n|", max_size=4_000))
def test_no_text_is_too_long_for_a_section(text: str) -> None:
    for payload in message(Card(text), PHRASES):
        for block in plainer(payload, PLAINEST - 1).blocks:
            assert all(len(told) <= SECTION_CHARS for told in texts_in(block))
