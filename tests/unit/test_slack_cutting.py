"""Long answers are cut so that no word is lost and every message can be read alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.cutting import LEAST_BYTES, cut

# Only the languages of code are written in digits: they come again where code is opened again.
LINES = st.sampled_from([
    "words and more words. ", "数値 。", "👩🏽‍💻👍🏿", "\n", "\n\n", "```\n", "```7\n", "~~~\n", "````\n",
    "> ```\n", "> quoted\n", "- item\n", "  - ```7\n", "x" * 700, "`" * 50, "`code`", "```inline```\n",
    "   ```\n", "\t", "é" * 300,
])  # fmt: skip


def messages(text: str, limit: int = LEAST_BYTES, size: int = 10_000) -> list[str]:
    """The text as it comes in pieces, in messages of so many bytes."""
    shown, opening, done = "", "", list[str]()
    for at in range(0, len(text), size):
        pending = text[at : at + size]
        while pending:
            now, pending, opened = cut(shown, opening + pending, limit)
            shown, opening = shown + now, opened
            if pending:
                assert shown, "nothing was shown: this would never end"
                done.append(shown)
                shown = ""
    return [*done, shown] if shown else done


def words(text: str) -> str:
    """What is read of it: not what opens and closes code, nor white space."""
    return "".join(sign for sign in text if sign.isalpha() or sign == "👍")


@given(st.lists(LINES, max_size=60).map("".join), st.integers(LEAST_BYTES, 3_000), st.integers(1, 900))
def test_no_word_is_lost_or_doubled_and_no_message_is_too_long(text: str, limit: int, size: int) -> None:
    done = messages(text, limit, size)
    assert words("\n".join(done)) == words(text)
    assert all(len(one.encode()) <= limit + 64 for one in done)


def test_what_fits_stays_as_it_is() -> None:
    assert cut("shown ", "more  \n\n", LEAST_BYTES) == ("more  \n\n", "", "")


@pytest.mark.parametrize(
    ("before", "opening", "closing"),
    [
        ("```python\n", "```python\n", "\n```"),
        ("~~~~\n```\n", "~~~~\n", "\n~~~~"),
        ("> ```sh\n", "> ```sh\n", "\n> ```"),
        ("1. it\n   ```sh\n", "```sh\n", "\n   ```"),
        ("- ```sh\n", "```sh\n", "\n  ```"),
        (f"```{'x' * 200}\n", "```\n", "\n```"),
        ("```inline```\n", "", ""),
        ("```\ncode\n```\n", "", ""),
        ("> ```\n> code\n\n", "", ""),
    ],
)
def test_code_that_is_cut_is_closed_and_opened_again(before: str, opening: str, closing: str) -> None:
    mark = "> " if before.startswith("> ") and opening else ""
    now, later, opened = cut("", before + f"{mark}line of it\n" * 100, LEAST_BYTES)
    assert opened == opening
    assert now.endswith(f"line of it{closing}")
    assert later.startswith(f"{mark}line of it\n")


def test_no_message_is_opened_for_code_that_ends_at_the_cut() -> None:
    code = "x = 1\n" * 150
    now, later, opened = cut("", f"```\n{code}```\n\n{'And after it, words. ' * 50}", LEAST_BYTES)
    assert now.endswith("\n```")
    assert (later[:9], opened) == ("And after", "")


def test_it_is_cut_after_a_paragraph_a_line_or_a_sentence_where_one_ends_late_enough() -> None:
    for end in ("\n\n", "\n", ". "):
        text = f"{'word ' * 160}end{end}{'word ' * 100}"
        now, later, _ = cut("", text, LEAST_BYTES)
        assert now.endswith(f"end{end}".rstrip())
        assert later.startswith("word")


def test_a_sign_of_several_characters_is_not_torn_apart() -> None:
    text = "👩🏽‍💻" * 200
    now, _, _ = cut("", text, LEAST_BYTES)
    assert now == "👩🏽‍💻" * (len(now) // len("👩🏽‍💻"))


def test_nothing_is_added_to_a_message_that_is_full() -> None:
    now, later, opened = cut("x" * LEAST_BYTES, "more", LEAST_BYTES)
    assert (now, later, opened) == ("", "more", "")
