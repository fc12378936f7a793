from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from bot.locales import phrases_in
from bot.messages import Action, Card, Source
from bot.platforms.console.live import LiveReply
from bot.platforms.console.plain import ConsoleReply, PlainReply
from bot.platforms.console.rendering import Blocks, settled_length, source_list
from bot.platforms.console.reply import open_reply
from tests.fakes.terminal import displayed

ENGLISH = phrases_in("en")
OWN_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b\x07]*\x1b\\")

LINES = [
    *("# Title", "para", "- item", "1. one", "> quote", "    code", "```", "---", "", "| a | b |", "|---|---|"),
    *("**b", "***", "`", "<b>", "[![x](y)](z)", "[https://a.example](https://b.example)"),
    *("\x1b[2J", "&#27;[31m", "&#x202e;"),
]
MARKDOWN = st.lists(st.sampled_from(LINES), max_size=14).map("\n".join)
HOSTILE = st.one_of(
    MARKDOWN, st.text(st.characters(exclude_categories=["Cs"])), st.text("\x1b\x9b\u202e[]()<>`*_|#-&;\n a")
)


class Screen(io.StringIO):
    """A terminal that keeps what was written to it."""

    def isatty(self) -> bool:
        return True


def drawn(renderable: object, *, width: int = 80, height: int = 24) -> str:
    screen = Screen()
    Console(file=screen, force_terminal=True, color_system="standard", width=width, height=height).print(renderable)
    return screen.getvalue()


def seen(text: str) -> str:
    """What is left for the eye of what was written to a terminal."""
    return OWN_SEQUENCE.sub("", text)


@given(HOSTILE)
def test_no_document_can_command_the_terminal(markdown: str) -> None:
    text = seen(drawn(Blocks(markdown)))

    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text


@given(HOSTILE)
def test_blocks_start_with_text_so_that_their_distance_can_be_kept(markdown: str) -> None:
    first, *_ = seen(drawn(Blocks(markdown))).split("\n")

    assert first.strip() or not seen(drawn(Blocks(markdown))).strip()


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[https://bank.example](https://evil.example)", "https://bank.example (https://evil.example)"),
        ("[**bank.example**](https://evil.example/a)", "bank.example (https://evil.example/a)"),
        ("[`bank.example`][1]\n\n[1]: https://evil.example", "bank.example (https://evil.example)"),
        ("![bank.example](https://evil.example/a.png)", "bank.example  (https://evil.example/a.png)"),
        ("[the guide](https://docs.example)", "the guide"),
        ("put <your-token> here", "put <your-token> here"),
        ("<div>\nkept\n</div>", "<div> kept </div>"),
    ],
)
def test_links_show_where_they_lead_and_nothing_is_swallowed(markdown: str, shown: str) -> None:
    assert seen(drawn(Blocks(markdown))).removeprefix("🌆 ").strip() == shown


def test_no_cell_of_a_wide_table_and_no_line_of_code_is_cut_at_80_columns() -> None:
    long = "routing.cost_limits.per_request_limit_in_micro_usd"
    table = f"| a | b | c |\n|---|---|--:|\n| {long} | {long} {long} | 1 |\n\n```yaml\nkey: {long} {long} {long}\n```"

    lines = seen(drawn(Blocks(table))).splitlines()

    assert max(len(line) for line in lines) <= 80
    assert "…" not in "".join(lines)
    assert "".join("".join(lines).split()).count("_") == 6 * long.count("_")


def test_a_long_source_is_shown_whole_and_only_web_links_can_be_clicked() -> None:
    web = "https://docs.example.org/" + "deep/" * 20 + "#anchor"
    text = drawn(source_list((Source(1, "A", "B", web), Source(2, "C", "", "docs/c.md"))))

    assert web in "".join(seen(text).split())
    assert "[1] A › B" in seen(text)
    assert "[2] C  docs/c.md" in seen(text)
    assert f";{web}\x1b\\" in text
    assert ";docs/c.md" not in text


@given(MARKDOWN, MARKDOWN)
def test_what_is_settled_is_drawn_the_same_whatever_follows(before: str, after: str) -> None:
    settled = before[: settled_length(before)]
    whole = before + after

    assert settled_length(whole) >= len(settled)
    assert whole.startswith(settled)


def test_a_block_is_settled_when_the_next_one_has_begun() -> None:
    assert settled_length("para") == 0
    assert settled_length("para\n\n") == 0
    assert settled_length("para\n\nnext") == 0, "an unfinished line may still become anything"
    assert settled_length("para\n\nnext\n") == len("para\n\n")
    assert settled_length("```\ncode\n\n# not a heading\n") == 0
    assert settled_length("- a\n\n- b\n\ntext\n") == len("- a\n\n- b\n\n")


def test_an_unfinished_block_taller_than_the_screen_shows_its_last_lines() -> None:
    tall = "\n".join(f"- item {n}" for n in range(100))

    unfinished = seen(drawn(Blocks(tall, unfinished=True), height=10)).split("\n")

    assert len([line for line in unfinished if line.strip()]) == 8
    assert "item 99" in unfinished[-3] + unfinished[-2]
    assert len(seen(drawn(Blocks(tall), height=10)).strip().splitlines()) == 100


async def stream(reply: ConsoleReply, text: str, card: Card, size: int = 5) -> None:
    await reply.status("Searching…")
    for start in range(0, len(text), size):
        await reply.append(text[start : start + size])
    await reply.finish(card)


def live(screen: Screen, height: int = 24) -> LiveReply:
    return LiveReply(Console(file=screen, force_terminal=True, width=80, height=height, highlight=False), ENGLISH)


CARD_BELOW = {"notice": "Mind this.", "sources": (Source(1, "A", "B", "docs/a.md"),), "receipt": "no model · $0.00"}


async def test_an_answer_longer_than_the_screen_is_printed_once_and_whole() -> None:
    screen = Screen()
    blocks = [f"Paragraph {n}." if n % 5 else f"- item {n}\n- and more" for n in range(60)]
    text = "\n\n".join(blocks)

    await stream(live(screen, height=10), text, Card(text, **CARD_BELOW))  # type: ignore[arg-type]

    answer, below = "\n".join(displayed(screen.getvalue())).split("\n\nMind this.")
    assert answer.split("\n\n") == [block.replace("- ", " • ") for block in blocks]
    assert below.split("\n\n") == ["", "Sources\n[1] A › B  docs/a.md", "no model · $0.00", ""]


@given(MARKDOWN, st.integers(1, 9))
@example("- item\n\x1b[2J\npara\n---\n# Title", 1)
def test_streaming_draws_what_drawing_at_once_does(text: str, size: int) -> None:
    streamed, at_once = Screen(), Screen()

    asyncio.run(stream(live(streamed), text, Card(text), size))
    asyncio.run(stream(live(at_once), "", Card(text)))

    assert _words(streamed) == _words(at_once)


def _words(screen: Screen) -> list[str]:
    return " ".join(displayed(screen.getvalue())).split()


async def test_the_cursor_comes_back_from_a_reply_that_was_never_finished() -> None:
    screen = Screen()
    reply = live(screen)
    await reply.status("Searching…")

    reply.close()

    assert screen.getvalue().rindex("\x1b[?25h") > screen.getvalue().rindex("\x1b[?25l")


@pytest.mark.parametrize("make", [live, lambda screen: PlainReply(screen, ENGLISH)], ids=["live", "plain"])
async def test_a_card_that_says_something_else_than_was_streamed_is_printed_whole(
    make: Callable[[Screen], ConsoleReply],
) -> None:
    screen = Screen()

    await stream(make(screen), "A wrong beginning", Card("The right answer."))

    assert "The right answer." in displayed(screen.getvalue())


RESTARTED = "gpt broke off: the answer begins again."


async def nothing() -> None:
    pass


async def begin_again(reply: ConsoleReply, wrong: str, right: str) -> None:
    await reply.status("Searching…")
    await reply.append(wrong)
    await reply.restart(RESTARTED)
    await reply.append(right)
    await reply.finish(Card(right))


async def test_an_answer_that_begins_again_takes_its_first_beginning_off_the_screen() -> None:
    screen = Screen()
    screen.write("› the question\n\n")

    reply = live(screen)
    await reply.append("Wrong one.\n\n- wrong two\n- and three\n\nwrong ")
    await reply.restart(RESTARTED)
    await begin_again(reply, "Wrong four.\n\nWrong five.\n\nwrong", "Right one.\n\nRight two.")

    shown = "\n".join(displayed(screen.getvalue()))
    assert shown.strip("\n").split("\n\n") == [
        "› the question",
        f"{RESTARTED}\n{RESTARTED}",
        "Right one.",
        "Right two.",
    ]
    assert reply.card == Card("Right one.\n\nRight two.")


async def test_what_has_left_the_screen_stays_there_and_the_rest_is_taken_back() -> None:
    screen = Screen()
    wrong = "".join(f"Wrong {n}.\n\n" for n in range(20))

    await begin_again(live(screen, height=10), wrong, "Right.")

    shown = "\n".join(displayed(screen.getvalue())).strip("\n").split("\n\n")
    assert shown == [*(f"Wrong {n}." for n in range(14)), RESTARTED, "Right."]


async def test_after_a_window_was_resized_nothing_is_erased_by_a_wrong_count_of_lines() -> None:
    screen = Screen()
    screen.write("› the question\n\n")
    reply = live(screen)
    await reply.append("Wrong.\n\nWrong again.\n")
    reply._console.width = 40

    await begin_again(reply, "", "Right.")

    shown = "\n".join(displayed(screen.getvalue())).strip("\n").split("\n\n")
    assert shown == ["› the question", "Wrong.", RESTARTED, "Right."]


async def test_a_pipe_that_takes_nothing_back_is_told_of_the_restart_on_a_line_of_its_own() -> None:
    page = io.StringIO()

    await begin_again(PlainReply(page, ENGLISH), "A wrong begin", "The right answer.")

    assert page.getvalue() == f"A wrong begin\n\n{RESTARTED}\n\nThe right answer.\n"


async def test_plain_text_has_no_escape_sequences_and_keeps_markdown_as_it_is_written() -> None:
    page = io.StringIO()
    text = "Set **it**\x1b[2J to `1`.\r\n"

    await stream(PlainReply(page, ENGLISH), text, Card(text + "More.", **CARD_BELOW), size=1)  # type: ignore[arg-type]

    assert page.getvalue().replace("[2J", "") == (
        "Set **it** to `1`.\nMore.\n\nMind this.\n\nSources:\n[1] A › B — docs/a.md\n\nno model · $0.00\n"
    )


@pytest.mark.parametrize(("term", "kind"), [("xterm", LiveReply), ("dumb", PlainReply)])
def test_a_terminal_that_can_only_print_is_written_to_like_a_pipe(
    monkeypatch: pytest.MonkeyPatch, term: str, kind: type
) -> None:
    monkeypatch.setenv("TERM", term)

    assert isinstance(open_reply(Screen(), ENGLISH), kind)
    assert isinstance(open_reply(io.StringIO(), ENGLISH), PlainReply)


FULL = Card(
    "The answer [1].",
    notice="Mind this.",
    sources=(Source(1, "A", "B", "docs/a.md", "A sentence\x1b[2J of\nthe document."),),
    receipt="no model · $0.00 · ref r1",
    reference="r1",
    actions=("good", "bad", "why", "sources", "retry", "hand_over"),
)


async def test_under_an_answer_stand_its_sources_as_quoted_its_receipt_and_the_buttons_as_they_are_typed() -> None:
    screen, page = Screen(), io.StringIO()

    await stream(live(screen), "The answer [1].", FULL)
    await stream(PlainReply(page, ENGLISH), "The answer [1].", FULL)

    assert displayed(screen.getvalue()) == [
        "The answer [1].",
        "",
        "Mind this.",
        "",
        "Sources",
        "[1] A › B  docs/a.md",
        "    “A sentence of the document.”",
        "",
        "no model · $0.00 · ref r1",
        "/good  /bad  /why  /quotes  /retry  /handover",
        "",
        "",
    ]
    assert page.getvalue() == (
        "The answer [1].\n\nMind this.\n\nSources:\n[1] A › B — docs/a.md\n    “A sentence of the document.”\n\n"
        "no model · $0.00 · ref r1\n"
    )


async def test_buttons_without_a_receipt_stand_apart_from_the_text() -> None:
    screen = Screen()

    await live(screen).finish(Card("It failed. Reference: r1.", reference="r1", actions=("retry", "hand_over")))

    assert displayed(screen.getvalue()) == ["It failed. Reference: r1.", "", "/retry  /handover", "", ""]


@pytest.mark.parametrize(("actions", "typed"), [(("share",), []), (("share", "documents"), ["", "/documents"])])
async def test_nothing_is_shared_where_one_person_sees_everything(
    actions: tuple[Action, ...], typed: list[str]
) -> None:
    screen, page = Screen(), io.StringIO()
    card = Card("$0.00 today.", private=True, reference="r1", actions=actions)

    await live(screen).finish(card)
    await PlainReply(page, ENGLISH).finish(card)

    assert displayed(screen.getvalue()) == ["$0.00 today.", *typed, "", ""]
    assert page.getvalue() == "$0.00 today.\n"


@pytest.mark.parametrize("make", [live, lambda screen: PlainReply(screen, ENGLISH)], ids=["live", "plain"])
async def test_people_who_are_called_stand_above_the_text_by_their_names_alone(
    make: Callable[[Screen], ConsoleReply],
) -> None:
    screen = Screen()

    await make(screen).finish(Card("Yours now.", tagged=("ana", "bru\x1b[2Jno")))

    assert displayed(screen.getvalue())[:3] == ["@ana @bruno", "", "Yours now."]


@pytest.mark.parametrize("make", [live, lambda screen: PlainReply(screen, ENGLISH)], ids=["live", "plain"])
async def test_an_answer_that_is_given_again_says_so_above_it(make: Callable[[Screen], ConsoleReply]) -> None:
    screen = Screen()
    reply = make(screen)

    await reply.begin("r1", nothing)
    assert reply.address == "", "what is printed cannot be found again"
    await reply.restart("Once more: “how much?”")
    await stream(reply, "So much.", Card("So much."))

    shown = "\n".join(displayed(screen.getvalue())).rstrip("\n")
    assert shown == "Once more: “how much?”\n\nSo much."


@pytest.mark.parametrize("make", [live, lambda screen: PlainReply(screen, ENGLISH)], ids=["live", "plain"])
async def test_an_answer_that_is_taken_back_is_said_to_be(make: Callable[[Screen], ConsoleReply]) -> None:
    screen = Screen()
    reply = make(screen)
    await reply.status("Searching…")

    await reply.retract()

    assert displayed(screen.getvalue())[0] == "The question was deleted, so its answer is taken back."
    if isinstance(reply, LiveReply):
        assert screen.getvalue().rindex("\x1b[?25h") > screen.getvalue().rindex("\x1b[?25l"), "the cursor is gone"
