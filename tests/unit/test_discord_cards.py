from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locales import LOCALES, Phrases, phrases_in
from bot.messages import Action, Card, Source
from bot.platforms.discord import cards
from bot.platforms.discord.cards import Button, Payload, asked, buttons, finished, pieces, press_of, running, units
from bot.safety import safe

ENGLISH, PORTUGUESE = phrases_in("en"), phrases_in("pt-BR")
ANA, BEA, TEAM = "200000000000000001", "200000000000000002", "300000000000000001"
MENTION = re.compile(r"@(?:everyone|here)|<(?:@[!&]?|#|/[^<>\n:]+:|t:|a?:\w+:)\d+(?::\w)?>|<id:\w+>")
SOURCE = Source(1, "Vacation *policy*", "Days", "https://wiki.example/v?a=1&b=2", "Thirty _days_ & no more.")
PATH = Source(2, "costs.md", "", "docs/costs.md")
CARD = Card(
    "An answer [1].",
    notice="No model wrote `this`.",
    sources=(SOURCE, PATH),
    receipt="mock/a · $0.01 · ref K7Q2",
    reference="K7Q2",
    actions=("why", "good", "bad", "sources", "retry", "hand_over"),
)
LISTED = (
    "**[1]** [Vacation ∗policy∗ › Days](<https://wiki.example/v?a=1&b=2>)\n"
    "> *“Thirty \\_days\\_ & no more.”*\n"
    "**[2]** costs.md (docs/costs.md)"
)

WORD = st.sampled_from(
    [
        "alpha",
        "Gamma.",
        "délta",
        "漢字漢字",
        "👨‍👩‍👧",
        "x" * 200,
        "`code`",
        "<tag>",
        "a&b",
        "**bold**",
        "__u__",
        "[1]",
        "😀" * 60,
    ]
)
NASTY = st.lists(
    st.sampled_from([
        *"*_~`|<>&[]()#:\n\\", f"<@{ANA}>", "<#1>", "@everyone", "@here", "```", "word ", "漢" * 50, "*" * 400,
        "😀" * 90,
    ]),
    max_size=12,
).map("".join)  # fmt: skip
SOURCES = st.builds(
    lambda title, heading, link, quote, many: tuple(Source(n, title, heading, link, quote) for n in range(1, many + 1)),
    NASTY,
    NASTY,
    st.one_of(NASTY, NASTY.map("https://wiki.example/{}".format), st.just("docs/a.md")),
    NASTY,
    st.sampled_from([0, 0, 1, 1, 7, 60]),
)
TEXTS = st.builds(
    lambda words, times, between: safe(between.join(words * times)),
    st.lists(WORD, max_size=15),
    st.sampled_from([1, 1, 20, 100]),
    st.sampled_from([" ", "\n", "\n\n", "\n- ", "\n> ", "\n```\n"]),
)
CARDS = st.builds(
    Card,
    text=TEXTS,
    notice=st.one_of(st.just(""), NASTY.map(lambda text: text * 3)),
    sources=SOURCES,
    receipt=st.one_of(st.just(""), NASTY),
    reference=st.sampled_from(["", "K7Q2", "r" * 3000]),
    actions=st.lists(st.sampled_from(get_args(Action)), max_size=12).map(tuple),
    tagged=st.lists(st.sampled_from([ANA, BEA, TEAM, "@here", "everyone", "12", "x" * 700]), max_size=9).map(tuple),
    shared_by=st.sampled_from(["", BEA, "@everyone"]),
)


def described(payload: Payload) -> str:
    return "\n".join(str(embed["description"]) for embed in payload.embeds)


def footers(payload: Payload) -> list[str]:
    return [cast("Any", embed)["footer"]["text"] for embed in payload.embeds if "footer" in embed]


def told(payloads: list[Payload]) -> str:
    """All that is read, in its order."""
    parts = ((payload.content, described(payload), *footers(payload)) for payload in payloads)
    return "\n".join(part for all_parts in parts for part in all_parts if part)


def labels(rows: tuple[tuple[Button, ...], ...]) -> list[str]:
    return [button.label for row in rows for button in row]


def inked(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def assert_holds(payloads: list[Payload]) -> None:
    """To what Discord takes (docs.discord.com/developers/resources/message, 2026-12)."""
    assert payloads
    for payload in payloads:
        assert payload.content.strip() or payload.embeds
        assert utf16(payload.content) <= 2000
        assert len(payload.embeds) <= 10
        for embed in payload.embeds:
            assert 0 < utf16(str(embed["description"]).strip()) <= 4096
        assert all(0 < utf16(footer) <= 2048 for footer in footers(payload))
        whole = [*(str(embed["description"]) for embed in payload.embeds), *footers(payload)]
        assert sum(map(utf16, whole)) <= 6000
        assert len(payload.rows) <= 5
        assert all(0 < len(row) <= 5 for row in payload.rows)
        made = [button for row in payload.rows for button in row]
        assert len({button.custom_id for button in made}) == len(made)
        assert all(0 < utf16(button.custom_id) <= 100 and 0 < utf16(button.label) <= 80 for button in made)
        assert len(payload.pings) <= 100
        assert len(payload.role_pings) <= 100
    assert all(not payload.rows for payload in payloads[:-1])


class TestFinished:
    @given(CARDS, st.booleans(), st.sampled_from(["", "bars █░\n" * 40, "```\n<&>" * 900]), st.sampled_from(LOCALES))
    def test_every_card_holds_to_every_limit(self, card: Card, embeds: bool, bars: str, locale: str) -> None:  # noqa: FBT001
        payloads = finished(card, phrases_in(locale), embeds=embeds, chart_text=bars, roles=(TEAM,))

        assert_holds(payloads)
        assert embeds or not any(payload.embeds for payload in payloads)
        shown = told(payloads)
        numbers = re.findall(r"^\*\*\[(\d+)\]\*\* ", shown, re.MULTILINE)
        assert numbers == [str(source.n) for source in card.sources]
        called = {ANA: f"<@{ANA}>", BEA: f"<@{BEA}>", TEAM: f"<@&{TEAM}>"}
        tagged = {call for identity, call in called.items() if identity in card.tagged}
        shared = {called[card.shared_by]} if card.shared_by in called else set()
        assert set(MENTION.findall(shown)) == tagged | shared
        pings = [ping for payload in payloads for ping in payload.pings]
        assert sorted(pings) == sorted({ANA, BEA} & set(card.tagged))
        assert [ping for payload in payloads for ping in payload.role_pings] == [TEAM] * (TEAM in card.tagged)
        for payload in payloads:
            assert all(f"<@{ping}>" in payload.content for ping in payload.pings)

    @given(TEXTS, st.booleans())
    def test_no_letter_of_the_text_is_lost(self, text: str, embeds: bool) -> None:  # noqa: FBT001
        payloads = finished(Card(text), ENGLISH, embeds=embeds)

        assert inked("".join(payload.content for payload in payloads)) == inked(text)

    def test_the_text_is_content_and_the_rest_an_embed(self) -> None:
        (payload,) = finished(CARD, ENGLISH)

        assert payload == Payload(
            "An answer [1].",
            (
                {
                    "description": f"**No model wrote \\`this\\`.**\n{LISTED}",
                    "color": 0x1F3A5F,
                    "footer": {"text": "mock/a · $0.01 · ref K7Q2"},
                },
            ),
            buttons(CARD.actions, "K7Q2", ENGLISH),
        )

    @pytest.mark.parametrize(("phrases", "heading"), [(ENGLISH, "Sources"), (PORTUGUESE, "Fontes")])
    def test_without_embeds_all_stands_in_the_content(self, phrases: Phrases, heading: str) -> None:
        (payload,) = finished(CARD, phrases, embeds=False)

        assert payload.embeds == ()
        assert payload.content == (
            f"An answer [1].\n\n**No model wrote \\`this\\`.**\n\n**{heading}**\n{LISTED}\n-# mock/a · $0.01 · ref K7Q2"
        )
        assert payload.rows == buttons(CARD.actions, "K7Q2", phrases)

    @pytest.mark.parametrize("embeds", [True, False])
    def test_a_source_is_cut_where_it_is_longer_than_a_message(self, embeds: bool) -> None:  # noqa: FBT001
        long = Source(1, "*" * 5000, "_" * 5000, "https://wiki.example/" + "x" * 900, "q" * 900 + " " + "*" * 5000)
        payloads = finished(Card("Text.", sources=(long, PATH)), ENGLISH, embeds=embeds)

        assert_holds(payloads)
        assert "q" * 500 in told(payloads)
        assert "”*\n**[2]** costs.md" in told(payloads)

    @pytest.mark.parametrize("embeds", [True, False])
    def test_a_card_with_a_notice_alone_needs_no_embed(self, embeds: bool) -> None:  # noqa: FBT001
        (payload,) = finished(Card("Text.", notice="Read *this*."), ENGLISH, embeds=embeds)

        assert payload == Payload("Text.\n\n**Read \\*this\\*.**")

    def test_a_receipt_alone_is_small_print_in_an_embed(self) -> None:
        (payload,) = finished(Card("Text.", receipt="mock_a · 1 s"), ENGLISH)

        assert payload.content == "Text."
        assert [embed["description"] for embed in payload.embeds] == ["-# mock\\_a · 1 s"]

    def test_a_long_text_with_many_sources_is_several_messages(self) -> None:
        card = replace(CARD, text="A sentence of the answer. " * 400, sources=(replace(SOURCE, quote="q" * 500),) * 40)
        payloads = finished(card, ENGLISH)

        assert_holds(payloads)
        assert [payload.content for payload in payloads if payload.content] == pieces(card.text)
        first = len(pieces(card.text)) - 1
        assert [bool(payload.embeds) for payload in payloads] == [False] * first + [True] * (len(payloads) - first)
        assert len(payloads) > first + 2
        assert "".join(map(described, payloads)).count("q" * 500) == 40
        assert [footers(payload) for payload in payloads] == [[]] * (len(payloads) - 1) + [[CARD.receipt]]
        assert labels(payloads[-1].rows)[0] == "Good answer"

    def test_without_embeds_many_sources_are_several_messages(self) -> None:
        payloads = finished(replace(CARD, sources=(replace(SOURCE, quote="q" * 500),) * 40), ENGLISH, embeds=False)

        assert_holds(payloads)
        assert len(payloads) > 10
        assert told(payloads).count("q" * 500) == 40
        assert payloads[-1].content.endswith("\n-# mock/a · $0.01 · ref K7Q2")

    def test_a_long_receipt_does_not_burst_the_embeds(self) -> None:
        sources = (replace(PATH, quote="q" * 600),) * 6
        payloads = finished(replace(CARD, notice="n" * 150, sources=sources, receipt="r" * 2048), ENGLISH)

        assert_holds(payloads)
        # Beside so long a description, such a footer would be more than the embeds of a message may hold.
        assert len(str(payloads[0].embeds[0]["description"])) > 3952
        assert "r" * 1900 in told(payloads)

    def test_a_receipt_calls_nobody(self) -> None:
        (payload,) = finished(Card("", sources=(PATH,), receipt=f"@everyone *and* <@{ANA}>"), ENGLISH)

        assert footers(payload) == [f"@ everyone *and* ‹@{ANA}›"]

    def test_a_card_without_anything_is_still_a_message(self) -> None:
        assert finished(Card(""), ENGLISH) == [Payload("…")]
        (payload,) = finished(Card(" \n", sources=(PATH,)), ENGLISH)
        assert (payload.content, described(payload)) == ("", "**[2]** costs.md (docs/costs.md)")
        (payload,) = finished(Card("", reference="R", actions=("why",)), ENGLISH)
        assert (payload.content, labels(payload.rows)) == ("…", ["Why?"])

    def test_a_link_that_is_too_long_is_written_out_as_far_as_it_fits(self) -> None:
        far = replace(SOURCE, link="https://wiki.example/" + "x" * 3000)
        (payload,) = finished(Card("", sources=(far,)), ENGLISH)

        assert "<http" not in described(payload)
        assert "(https\\://wiki.example/xxx" in described(payload)

    def test_a_target_that_is_the_title_is_not_repeated(self) -> None:
        (payload,) = finished(Card("", sources=(Source(1, "a.md", "", "a.md"),)), ENGLISH)

        assert described(payload) == "**[1]** a.md"

    def test_tables_are_shown_as_code(self) -> None:
        (payload,) = finished(Card("| a |\n|---|\n| 1 |"), ENGLISH)

        assert payload.content == "```\na\n-\n1\n```"


class TestAround:
    def test_people_and_roles_are_called_on_top_and_nobody_else(self) -> None:
        card = Card("Please help.", tagged=(ANA, TEAM, ANA, "@everyone", "Bea_B", "12"))
        (payload,) = finished(card, ENGLISH, names={"12": "@Twelve"}, roles={TEAM})

        assert payload.content == f"<@{ANA}> <@&{TEAM}> @ everyone @Bea\\_B @Twelve\nPlease help."
        assert (payload.pings, payload.role_pings) == ((ANA,), (TEAM,))

    def test_so_many_that_they_do_not_fit_are_all_called(self) -> None:
        people = tuple(str(10**17 + n) for n in range(300))
        payloads = finished(Card("Help.", tagged=people), ENGLISH)

        assert_holds(payloads)
        assert tuple(ping for payload in payloads for ping in payload.pings) == people
        assert payloads[-1].content.endswith("Help.")

    @pytest.mark.parametrize(("phrases", "by"), [(ENGLISH, "Shared by"), (PORTUGUESE, "Compartilhado por")])
    def test_who_shares_it_is_told_and_not_called(self, phrases: Phrases, by: str) -> None:
        (payload,) = finished(Card("Costs.", shared_by=ANA), phrases)

        assert payload == Payload(f"-# {by} <@{ANA}>\nCosts.")
        (payload,) = finished(Card("Costs.", shared_by="ana_b"), phrases, names={"ana_b": "Ana *B*"})
        assert payload.content == f"-# {by} @Ana \\*B\\*\nCosts."

    @pytest.mark.parametrize("embeds", [True, False])
    def test_a_chart_stands_between_text_and_notice(self, embeds: bool) -> None:  # noqa: FBT001
        card = Card("Costs.", notice="Estimated.")
        (payload,) = finished(card, ENGLISH, embeds=embeds, chart_text="Mon ██ ```\nTue █\n")

        assert payload.content == "Costs.\n```\nMon ██ ˋˋˋ\nTue █\n```\n\n**Estimated.**"

    @pytest.mark.parametrize("embeds", [True, False])
    def test_a_hint_is_small_print_above_the_receipt(self, embeds: bool) -> None:  # noqa: FBT001
        card = Card("Text.", sources=(Source(1, "A", "", ""),), receipt="Receipt.")
        (payload,) = finished(card, ENGLISH, embeds=embeds, hint="Say *my* name.")
        told = str(payload.embeds[0]["description"]) if embeds else payload.content

        assert told.removesuffix("\n-# Receipt.").endswith("**[1]** A\n-# Say \\*my\\* name.")

    def test_a_long_chart_is_cut_between_lines(self) -> None:
        payloads = finished(Card("Costs."), ENGLISH, chart_text=("x" * 59 + "\n") * 100)

        assert_holds(payloads)
        assert len(payloads) > 3
        assert all(payload.content.endswith("x\n```") for payload in payloads)
        assert sum(payload.content.count("x" * 59 + "\n") for payload in payloads) == 100


class TestRunning:
    @given(TEXTS, NASTY, NASTY, NASTY)
    def test_every_text_holds_to_every_limit(self, text: str, notice: str, name: str, question: str) -> None:
        heading = asked(name, question, ENGLISH)
        payloads = running(text, "K7Q2", ENGLISH, notice=notice, heading=heading)

        assert_holds(payloads)
        assert [button.custom_id for row in payloads[-1].rows for button in row] == ["ragbot:stop:K7Q2"]
        assert inked(told(payloads)).endswith(inked(text))

    def test_who_asks_what_stands_above_it_as_it_was_written(self) -> None:
        heading = asked("A*na", "how\nmuch **is** it?", ENGLISH)
        (payload,) = running("Five.", "R", ENGLISH, heading=heading)
        (end,) = finished(Card("Five."), ENGLISH, heading=heading)

        assert payload.content == end.content == "**A\\*na asks:** how much \\*\\*is\\*\\* it?\nFive."

    @pytest.mark.parametrize(("phrases", "stop"), [(ENGLISH, "Stop"), (PORTUGUESE, "Parar")])
    def test_the_last_message_can_be_stopped(self, phrases: Phrases, stop: str) -> None:
        first, last = running("word " * 500, "K7Q2", phrases)

        assert first.rows == ()
        assert last.rows == ((Button("ragbot:stop:K7Q2", stop, style="danger"),),)

    def test_why_it_begins_again_is_small_print_above(self) -> None:
        (payload,) = running("Now **this**", "R", ENGLISH, notice="mock_a broke off.")
        (alone,) = running("", "R", ENGLISH, notice="mock_a broke off.")
        (nothing,) = running("", "R", ENGLISH)

        assert payload.content == "-# mock\\_a broke off.\nNow **this**"
        assert (alone.content, nothing.content) == ("-# mock\\_a broke off.", "…")

    @pytest.mark.parametrize(("phrases", "asks"), [(ENGLISH, "Ana\\_B asks:"), (PORTUGUESE, "Ana\\_B pergunta:")])
    def test_who_asks_what_stands_above_it_all(self, phrases: Phrases, asks: str) -> None:
        heading = asked("Ana_B", "How *many*\n@everyone?", phrases)
        (while_written,) = running("Thirty.", "R", phrases, notice="Again.", heading=heading)
        (at_its_end,) = finished(Card("Thirty.", shared_by=ANA), phrases, heading=heading)

        assert heading == f"**{asks}** How \\*many\\* @ everyone?"
        assert while_written.content == f"{heading}\n-# Again.\nThirty."
        assert at_its_end.content.splitlines()[0] == heading
        assert at_its_end.content.endswith("\nThirty.")
        assert units(asked("n" * 900, "*" * 900, phrases)) < 800

    def test_it_is_what_will_be_finished(self) -> None:
        text = "A **sentence** of the answer || with https://a.example. " * 200

        assert [payload.content for payload in running(text, "R", ENGLISH)] == pieces(text)
        assert [payload.content for payload in finished(Card(text), ENGLISH)] == pieces(text)

    def test_pieces_fit_however_they_are_counted(self) -> None:
        parts = pieces("😀 " * 3000)

        assert all(0 < utf16(part) == units(part) <= cards.MESSAGE_CHARS for part in parts)
        assert sum(part.count("😀") for part in parts) == 3000
        assert pieces(" \n") == []


class TestButtons:
    @pytest.mark.parametrize(
        ("phrases", "shown"),
        [
            (
                ENGLISH,
                [
                    *("Good answer", "Bad answer", "Why?", "Sources", "Try again", "Hand over"),
                    *("Ask the documents", "Ask the books", "Share in channel"),
                ],
            ),
            (
                PORTUGUESE,
                [
                    *("Boa resposta", "Resposta ruim", "Por quê?", "Fontes", "Tentar de novo", "Passar a pessoas"),
                    *("Perguntar aos documentos", "Perguntar às contas", "Compartilhar no canal"),
                ],
            ),
        ],
    )
    def test_thumbs_come_first_in_the_readers_language(self, phrases: Phrases, shown: list[str]) -> None:
        actions = (
            "why",
            "sources",
            "good",
            "bad",
            "retry",
            "hand_over",
            "documents",
            "books",
            "share",
            "good",
            "other",
        )
        rows = buttons(actions, "K7Q2", phrases)

        assert labels(rows) == shown
        assert [len(row) for row in rows] == [5, 4]
        assert [button.emoji for button in rows[0]] == ["👍", "👎", "", "", ""]
        assert {button.style for row in rows for button in row} == {"secondary"}

    @pytest.mark.parametrize("phrases", [ENGLISH, PORTUGUESE])
    def test_there_is_a_button_for_every_action_and_it_tells_which(self, phrases: Phrases) -> None:
        made = [button for row in buttons(get_args(Action), "K7:Q2", phrases) for button in row]

        assert {press_of(button.custom_id) for button in made} == {(action, "K7:Q2") for action in get_args(Action)}
        assert {button.style for button in made} == {"secondary", "danger"}

    def test_a_reference_that_does_not_fit_is_left_out(self) -> None:
        assert buttons(("why",), "r" * 90, ENGLISH) == ((Button("ragbot:why:", "Why?"),),)
        assert press_of("ragbot:why:") == ("why", "")
        assert buttons((), "R", ENGLISH) == ()

    @pytest.mark.parametrize(
        "custom_id", ["", "ragbot:why", "ragbot:other:R", "other:why:R", "xragbot:why:R", "ragbot::R"]
    )
    def test_other_buttons_are_none_of_these(self, custom_id: str) -> None:
        assert press_of(custom_id) is None


class TestPhrases:
    # Of the label of a menu, the title of a dialogue, a field's label and its hint
    # (docs.discord.com/developers/components/reference and /interactions/application-commands, 2026-12).
    @pytest.mark.parametrize("phrases", [ENGLISH, PORTUGUESE])
    @pytest.mark.parametrize(
        ("key", "limit"),
        [
            ("discord.ask_about", 32),
            *((f"discord.{dialogue}_title", 45) for dialogue in ("ask_about", "modal.bad", "modal.hand_over")),
            *((f"discord.{dialogue}_label", 45) for dialogue in ("ask_about", "modal.bad", "modal.hand_over")),
            *((f"discord.{dialogue}_hint", 100) for dialogue in ("ask_about", "modal.bad")),
        ],
    )
    def test_what_dialogues_say_is_taken_by_discord(self, phrases: Phrases, key: str, limit: int) -> None:
        assert 0 < utf16(phrases(key)) <= limit
