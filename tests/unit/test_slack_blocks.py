from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locales import LOCALES, Phrases, phrases_in
from bot.messages import Action, Card, Home, Recent, Source, Thread
from bot.platforms.slack import blocks as slack
from bot.platforms.slack.blocks import Block, Payload, body, buttons, closing, message, pieces, stop_buttons, tagged
from bot.platforms.slack.markup import TEXT_CHARS
from bot.platforms.slack.views import (
    HAND_OVER_MODAL,
    INPUT,
    REASON_MODAL,
    hand_over_modal,
    home,
    reason_modal,
    sections,
)
from tests.fakes.slack.blocks import accepted

ENGLISH, PORTUGUESE = phrases_in("en"), phrases_in("pt-BR")
MENTION = re.compile(r"<[@!#]")
SOURCE = Source(1, "Vacation *policy*", "Days", "https://wiki.example/v?a=1&b=2", "Thirty _days_ & no more.")
PATH = Source(2, "costs.md", "", "docs/costs.md")
CARD = Card(
    "An answer [1].",
    notice="No model wrote `this`.",
    sources=(SOURCE, PATH),
    receipt="mock/a · $0.01 · ref K7Q2",
    reference="K7Q2",
    actions=("good", "bad", "why", "sources", "retry", "hand_over"),
)

WORD = st.sampled_from(
    ["alpha", "Gamma.", "délta", "漢字漢字", "👨‍👩‍👧", "x" * 200, "`code`", "<tag>", "a&b", "**bold**", "[1]"]
)
NASTY = st.lists(
    st.sampled_from([
        *"*_~`|<>&[]()#:\n\\", "<@U012ABCDEF>", "<!here>", "@channel", "```", "word ", "漢" * 50, "&" * 400,
    ]),
    max_size=12,
).map("".join)  # fmt: skip
SOURCES = st.integers(0, 3).flatmap(
    lambda kind: st.builds(
        lambda title, heading, link, quote, many: tuple(
            Source(n, title, heading, link, quote) for n in range(1, many + 1)
        ),
        NASTY,
        NASTY,
        st.one_of(NASTY, NASTY.map("https://wiki.example/{}".format), st.just("docs/a.md")),
        NASTY,
        st.sampled_from([0, 1, 7, 200] if kind == 0 else [0, 1, 7]),
    )
)
TEXTS = st.builds(
    lambda words, times: " ".join(words * times), st.lists(WORD, max_size=15), st.sampled_from([1, 1, 20, 400])
)
CARDS = st.builds(
    Card,
    text=TEXTS,
    notice=NASTY.map(lambda text: text * 3),
    sources=SOURCES,
    receipt=NASTY,
    reference=st.sampled_from(["", "K7Q2", "r" * 3000]),
    actions=st.lists(st.sampled_from(get_args(Action)), max_size=12).map(tuple),
    tagged=st.lists(
        st.sampled_from(["U012ABCDEF", "S012ABCDEF", "<!here>", "@here", "x" * 700]), max_size=40
    ).map(tuple),
    shared_by=st.sampled_from(["", "U012ABCDEF", "<!here>"]),
)  # fmt: skip


def texts(value: object) -> list[str]:
    """All strings of blocks, in their order, but for what buttons carry."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for name, inner in value.items() if name != "value" for text in texts(inner)]
    return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []


def shown(blocks: list[Block]) -> list[str]:
    """What is read of sections, small print and Markdown, block by block."""
    found = []
    for block in blocks:
        part = cast("Any", block)
        if block["type"] == "markdown":
            found.append(part["text"])
        elif block["type"] == "section":
            found.append(part["text"]["text"])
        elif block["type"] == "context":
            found += [element["text"] for element in part["elements"]]
    return found


def elements(blocks: list[Block]) -> list[dict[str, Any]]:
    return [element for block in cast("Any", blocks) for element in block.get("elements", ()) if "action_id" in element]


def no_file(_name: str) -> bool:
    return False


def assert_holds(payloads: list[Payload]) -> None:
    assert payloads
    for payload in payloads:
        assert 0 < len(payload.text) <= TEXT_CHARS
        if payload.blocks:
            accepted(payload.blocks, no_file)
        assert sum(len(text.encode()) for text in texts(payload.blocks)) <= slack.MESSAGE_BYTES


class TestMessage:
    @given(CARDS, st.booleans(), st.sampled_from(["", "bars █░\n" * 40, "```\n<&>" * 900]), st.sampled_from(LOCALES))
    def test_every_card_holds_to_every_limit(self, card: Card, thumbs: bool, bars: str, locale: str) -> None:  # noqa: FBT001
        payloads = message(card, phrases_in(locale), feedback_element=thumbs, chart_text=bars)

        assert_holds(payloads)
        told = "\n".join(text for payload in payloads for text in shown(payload.blocks))
        numbers = re.findall(r"^\*\[(\d+)\]\* ", told, re.MULTILINE)
        assert numbers == [str(source.n) for source in card.sources]
        calls = {mention for text in told.splitlines() for mention in re.findall(r"<[@!#][^<>]*>", text)}
        assert calls <= {"<@U012ABCDEF>", "<!subteam^S012ABCDEF>"}
        assert bool(calls) == bool({"U012ABCDEF", "S012ABCDEF"} & set(card.tagged))

    @given(TEXTS)
    def test_no_word_of_the_text_is_lost(self, text: str) -> None:
        payloads = message(Card(text), ENGLISH)

        told = [part for payload in payloads for part in shown(payload.blocks)]
        assert "".join(" ".join(told).split()) == "".join(text.split())

    def test_a_long_text_with_many_sources_is_several_messages(self) -> None:
        card = replace(CARD, text="A sentence of the answer. " * 4000, sources=(SOURCE,) * 200, tagged=("U012ABCDEF",))
        payloads = message(card, ENGLISH)

        assert_holds(payloads)
        assert [block["type"] for block in payloads[0].blocks] == ["section", "markdown"]
        assert [[block["type"] for block in payload.blocks] for payload in payloads[1:10]] == [["markdown"]] * 9
        assert [payload.text for payload in payloads[-2:]] == ["No model wrote `this`."] * 2
        assert payloads[-1].blocks[-1]["type"] == "actions"

    def test_a_short_answer_is_one_message(self) -> None:
        (payload,) = message(CARD, ENGLISH)

        assert payload.text == "An answer [1]."
        assert payload.blocks == [{"type": "markdown", "text": "An answer [1]."}, *closing(CARD, ENGLISH)]

    def test_what_stands_under_it_has_its_own_message_where_it_does_not_fit(self) -> None:
        card = replace(CARD, text="漢" * 2990, sources=(replace(SOURCE, quote="漢" * 1100),) * 2, notice="")
        first, second = message(card, PORTUGUESE)

        assert [block["type"] for block in first.blocks] == ["markdown"]
        assert second.text == "Fontes"
        assert second.blocks == closing(card, PORTUGUESE)

    def test_a_card_without_anything_is_still_a_message(self) -> None:
        assert message(Card(""), ENGLISH) == [Payload("…")]
        assert [payload.text for payload in message(Card("", receipt="mock · 1 s"), ENGLISH)] == ["mock · 1 s"]
        assert [payload.text for payload in message(Card("", reference="R", actions=("why",)), ENGLISH)] == ["…"]

    @pytest.mark.parametrize(("phrases", "told"), [(ENGLISH, "Shared by Ana"), (PORTUGUESE, "Compartilhado por Ana")])
    def test_who_shares_it_is_told_and_not_called(self, phrases: Phrases, told: str) -> None:
        card = Card("Costs.", shared_by="U012ABCDEF")
        (payload,) = message(card, phrases, names={"U012ABCDEF": "Ana"})

        assert shown(payload.blocks) == [told, "Costs."]
        assert "U012ABCDEF" in shown(message(card, phrases)[0].blocks)[0]

    def test_tables_are_shown_as_code(self) -> None:
        (payload,) = message(Card("| a |\n|---|\n| 1 |"), ENGLISH)

        assert shown(payload.blocks) == ["```\na\n-\n1\n```"]
        assert payload.text == "a\n-\n1"

    def test_pieces_fit_a_stream(self) -> None:
        parts = pieces("漢字 " * 9000)

        assert all(0 < len(part.encode()) <= slack.PIECE_BYTES for part in parts)
        assert [block["text"] for part in parts for block in body(part)] == parts
        assert pieces(" \n") == []


class TestCalls:
    def test_people_and_groups_are_called_and_nobody_else(self) -> None:
        card = Card("Please help.", tagged=("U012ABCDEF", "S012ABCDEF", "<!here>", "here", "Ana"))
        (payload,) = message(card, ENGLISH)
        calls = "<@U012ABCDEF> <!subteam^S012ABCDEF> @‹!here› @ here @Ana"

        assert shown(tagged(card)) == [calls]
        assert shown(payload.blocks) == [calls, "Please help."]
        assert payload.text == f"{calls} Please help."

    def test_so_many_that_they_do_not_fit_are_all_called(self) -> None:
        payloads = message(Card("Help.", tagged=("U012ABCDEF",) * 2500), ENGLISH)

        assert_holds(payloads)
        told = [text for payload in payloads for text in shown(payload.blocks)]
        assert sum(text.count("<@U012ABCDEF>") for text in told) == 2500
        assert told[-1] == "Help."


class TestClosing:
    @pytest.mark.parametrize(("phrases", "heading"), [(ENGLISH, "Sources"), (PORTUGUESE, "Fontes")])
    def test_notice_chart_sources_receipt_and_buttons_follow_one_another(self, phrases: Phrases, heading: str) -> None:
        blocks = closing(CARD, phrases, chart_text="Mon ██ <1>\nTue █")

        sources = (
            f"*{heading}*\n"
            "*[1]* <https://wiki.example/v?a=1&amp;b=2|Vacation ∗policy∗ › Days>\n"
            "> _“Thirty ˍdaysˍ &amp; no more.”_\n"
            "*[2]* costs.md (docs/costs.md)"
        )
        assert shown(blocks) == [
            "*No model wrote ˋthisˋ.*",
            "```\nMon ██ &lt;1&gt;\nTue █\n```",
            sources,
            "mock/a · $0.01 · ref K7Q2",
        ]
        assert [block["type"] for block in blocks][-3:] == ["context", "context_actions", "actions"]

    def test_nothing_stands_under_a_plain_card(self) -> None:
        assert closing(Card("Text."), ENGLISH) == []

    def test_a_link_that_is_too_long_is_written_out_as_far_as_it_fits(self) -> None:
        far = replace(SOURCE, link="https://wiki.example/" + "x" * 3000)
        (told,) = shown(closing(Card("", sources=(far,)), ENGLISH))

        assert "<http" not in told
        assert "(https://wiki.example/xxx" in told
        assert len(told) <= slack.SECTION_CHARS

    def test_a_target_that_is_the_title_is_not_repeated(self) -> None:
        (told,) = shown(closing(Card("", sources=(Source(1, "a.md", "", "a.md"),)), ENGLISH))

        assert told == "*Sources*\n*[1]* a.md"

    def test_a_long_chart_is_cut_between_lines(self) -> None:
        blocks = closing(Card(""), ENGLISH, chart_text="█" * 70 + "\n" + ("x" * 70 + "\n") * 100)

        assert len(blocks) > 2
        assert all(text.startswith("```\n") and text.endswith("\n```") for text in shown(blocks))
        assert sum(text.count("x" * 70) for text in shown(blocks)) == 100

    def test_every_text_is_taken_as_it_is_written(self) -> None:
        for block in cast("Any", closing(CARD, ENGLISH)):
            for part in [block.get("text"), *block.get("elements", ())]:
                assert not part or part.get("type") != "mrkdwn" or part["verbatim"] is True


class TestButtons:
    @pytest.mark.parametrize(
        ("phrases", "labels"),
        [
            (ENGLISH, ["Why?", "Sources", "Try again", "Hand over", "Ask the documents", "Ask the books"]),
            (
                PORTUGUESE,
                [
                    *("Por quê?", "Fontes", "Tentar de novo", "Passar a pessoas"),
                    *("Perguntar aos documentos", "Perguntar às contas"),
                ],
            ),
        ],
    )
    def test_buttons_are_in_their_order_in_the_readers_language(self, phrases: Phrases, labels: list[str]) -> None:
        actions = ("why", "sources", "retry", "hand_over", "documents", "books")
        (block,) = buttons(actions, "K7Q2", phrases)

        assert block["type"] == "actions"
        assert [button["text"]["text"] for button in elements([block])] == labels
        assert [button["action_id"] for button in elements([block])] == [f"ragbot:{action}" for action in actions]
        assert {button["value"] for button in elements([block])} == {"K7Q2"}

    @pytest.mark.parametrize(("phrases", "good"), [(ENGLISH, "Good answer"), (PORTUGUESE, "Boa resposta")])
    def test_the_two_thumbs_are_one_element(self, phrases: Phrases, good: str) -> None:
        first, second = buttons(("why", "good", "bad"), "K7Q2", phrases)
        (thumbs,) = elements([first])

        assert first["type"] == "context_actions"
        assert (thumbs["type"], thumbs["action_id"]) == ("feedback_buttons", "ragbot:feedback")
        assert thumbs["positive_button"]["text"]["text"] == good
        assert thumbs["positive_button"]["value"] == "good:K7Q2"
        assert thumbs["negative_button"]["value"] == "bad:K7Q2"
        assert thumbs["negative_button"]["accessibility_label"] == phrases("slack.button.bad_spoken")
        assert [button["action_id"] for button in elements([second])] == ["ragbot:why"]

    def test_older_workspaces_get_two_buttons(self) -> None:
        (block,) = buttons(("good", "bad", "why"), "K7Q2", ENGLISH, feedback_element=False)

        assert [(button["text"]["text"], button["action_id"]) for button in elements([block])] == [
            ("👍", "ragbot:good"),
            ("👎", "ragbot:bad"),
            ("Why?", "ragbot:why"),
        ]
        assert elements([block])[0]["accessibility_label"] == "Say that this answer was good"

    def test_one_thumb_alone_is_a_button(self) -> None:
        (block,) = buttons(("bad", "bad"), "", ENGLISH)

        assert [button["text"]["text"] for button in elements([block])] == ["👎"]
        assert "value" not in elements([block])[0]

    @pytest.mark.parametrize(
        ("phrases", "stop", "share"),
        [(ENGLISH, "Stop", "Share in channel"), (PORTUGUESE, "Parar", "Compartilhar no canal")],
    )
    def test_stopping_is_dangerous_and_sharing_is_not(self, phrases: Phrases, stop: str, share: str) -> None:
        (stopping,) = elements(stop_buttons("K7Q2", phrases))
        (sharing,) = elements(buttons(("share",), "K7Q2", phrases))

        assert (stopping["text"]["text"], stopping["style"], stopping["value"]) == (stop, "danger", "K7Q2")
        assert (sharing["text"]["text"], "style" in sharing) == (share, False)

    @pytest.mark.parametrize("phrases", [ENGLISH, PORTUGUESE])
    def test_there_is_a_label_for_every_action(self, phrases: Phrases) -> None:
        actions = get_args(Action)

        assert len(elements(buttons(actions, "K7Q2", phrases, feedback_element=False))) == len(actions)
        assert buttons(("unheard_of",), "K7Q2", phrases) == []


class TestViews:
    PAGE = Home(
        card=Card("# Hello\n\nAsk **me** <b>.\n\n| a |\n|---|\n| 1 |", notice="Read only."),
        heading="What you asked me last",
        people=("U012ABCDEF", "U099ABCDEF"),
        recent=(
            Recent(
                question="How many *days*?",
                thread=Thread("slack", "C1", "1.0"),
                message_id="1.0",
                at=datetime(2026, 11, 23, 1, 5, tzinfo=UTC),
                ending="answered",
            ),
        ),
    )

    def test_the_home_shows_the_card_and_the_questions(self) -> None:
        view = cast(
            "Any",
            home(
                self.PAGE,
                ENGLISH,
                link_to=lambda recent: f"https://team.slack.example/{recent.message_id}",
                names={"U012ABCDEF": "Ana"},
            ),
        )

        accepted(view["blocks"], no_file, "home")
        assert view["type"] == "home"
        moment = "<!date^1795395900^{date_short_pretty} {time}|2026-11-23 01:05 UTC>"
        assert shown(view["blocks"]) == [
            "*Hello*\n\nAsk *me* &lt;b&gt;.\n\n```\na\n-\n1\n```",
            "Questions are taken over here by Ana, U099ABCDEF.",
            "*Read only.*",
            f"<https://team.slack.example/1.0|How many ∗days∗?>\nanswered · {moment}",
        ]
        assert [block["text"]["text"] for block in view["blocks"] if block["type"] == "header"] == [self.PAGE.heading]

    def test_a_question_that_cannot_be_linked_is_told(self) -> None:
        view = cast("Any", home(replace(self.PAGE, people=(), heading=""), PORTUGUESE))

        assert shown(view["blocks"])[-1].startswith("How many ∗days∗?\nanswered · <!date^")
        assert "header" not in {block["type"] for block in view["blocks"]}

    @given(st.lists(st.one_of(NASTY, WORD, st.just("\n- "), st.just("\n\n")), max_size=60).map("".join), CARDS)
    def test_no_home_is_refused(self, text: str, card: Card) -> None:
        view = cast("Any", home(replace(self.PAGE, card=replace(card, text=text * 5)), PORTUGUESE, chart_text=text))

        accepted(view["blocks"], no_file, "home")
        assert not {"markdown", "context_actions"} & {block["type"] for block in view["blocks"]}

    def test_a_home_that_is_too_long_says_so(self) -> None:
        view = cast("Any", home(replace(self.PAGE, card=Card("word " * 40_000)), ENGLISH))

        assert len(view["blocks"]) == 100
        assert shown(view["blocks"])[-1] == "…"

    def test_what_becomes_much_longer_than_it_was_is_cut_again(self) -> None:
        addresses = " ".join(f"<https://a{n}.example/%22%22%22%22%22%22>".replace("%22", '"') for n in range(50))
        blocks = sections(addresses)

        accepted(cast("Any", blocks), no_file)
        assert all(f"a{n}.example" in "".join(shown(blocks)) for n in range(50))

    @given(st.lists(WORD, max_size=300))
    def test_sections_lose_no_word(self, words: list[str]) -> None:
        plain = [word for word in words if word.isalpha()]
        told = "".join(shown(sections(" ".join(plain))))

        assert "".join(told.split()) == "".join(plain)

    @pytest.mark.parametrize(
        ("phrases", "title", "send"),
        [(ENGLISH, "What was wrong?", "Send"), (PORTUGUESE, "O que estava errado?", "Enviar")],
    )
    def test_the_dialogue_after_a_thumb_down_asks_for_the_reason(self, phrases: Phrases, title: str, send: str) -> None:
        view = cast("Any", reason_modal("K7Q2", phrases, "where"))

        accepted(view["blocks"], no_file, "modal")
        assert (view["type"], view["callback_id"], view["private_metadata"]) == ("modal", REASON_MODAL, "where")
        assert (view["title"]["text"], view["submit"]["text"]) == (title, send)
        field = view["blocks"][0]
        assert (field["optional"], field["block_id"], field["element"]["action_id"]) == (True, INPUT, INPUT)
        assert (field["element"]["multiline"], field["element"]["max_length"]) == (True, 2000)
        assert shown(view["blocks"]) == [phrases("receipt.reference", reference="K7Q2")]

    @pytest.mark.parametrize("phrases", [ENGLISH, PORTUGUESE])
    def test_the_dialogue_of_handing_over_says_what_happens(self, phrases: Phrases) -> None:
        view = cast("Any", hand_over_modal("", phrases, "where"))

        accepted(view["blocks"], no_file, "modal")
        assert view["callback_id"] == HAND_OVER_MODAL == "ragbot:hand_over"
        assert [block["type"] for block in view["blocks"]] == ["section", "input"]
        assert all(0 < len(view[part]["text"]) <= 24 for part in ("title", "submit", "close"))
