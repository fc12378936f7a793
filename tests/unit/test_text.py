from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.text import code_span, hides_target, one_line, plain

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x07\x00\x7f\r\n\t[]m;8\\\u202e\u2066\u200f\ufeff\U000e0041\ud800`"),
    )
)


@given(HOSTILE)
def test_nothing_that_a_terminal_obeys_survives(text: str) -> None:
    kept = plain(text)

    assert not [character for character in kept if unicodedata.category(character) == "Cc" and character not in "\n\t"]
    assert not set(kept) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    kept.encode()


@given(HOSTILE)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(HOSTILE, HOSTILE)
def test_text_cleaned_in_two_pieces_is_as_safe_as_in_one(before: str, after: str) -> None:
    assert plain(plain(before) + plain(after)) == plain(before) + plain(after)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_people_write_is_kept_letter_for_letter(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x1b[31mred\x1b[0m alert", "red alert"),
        ("a\r\nb\x0cc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("tab\tstays", "tab\tstays"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "]8;;https://evil.exampleclick]8;;"),
        ("safe\u202etxt.exe", "safetxt.exe"),
        ("\U0001f468\u200d\U0001f469 stays a family", "\U0001f468\u200d\U0001f469 stays a family"),
    ],
)
def test_plain_text_of_well_known_tricks(text: str, kept: str) -> None:
    assert plain(text) == kept


@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    assert one_line(text) == " ".join(plain(text).split())


@given(HOSTILE.filter(one_line))
def test_a_code_span_is_read_back_as_the_name_and_nothing_else(name: str) -> None:
    inline = MarkdownIt("commonmark").parseInline(f"- {code_span(name)} -")[0]

    assert inline.children is not None
    assert [child.type for child in inline.children] == ["text", "code_inline", "text"]
    assert inline.children[1].content.strip() == one_line(name)


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("https://bank.com", "https://evil.example"),
        ("bank.com", "https://evil.example/bank.com"),
        ("see bank.com now", "https://bank.com"),
        ("bank.com", "https://bank.com@evil.example/"),
        ("bank.com", "https://bank.com.evil.example/"),
        ("bank\uff0ecom", "https://evil.example"),
        ("https://docs.example.org/safe", "https://docs.example.org/other"),
        ("https://bank.com", "/local"),
        ("HTTPS://LOCALHOST", "https://evil.example"),
    ],
)
def test_a_label_that_reads_like_another_address_hides_its_target(label: str, target: str) -> None:
    assert hides_target(label, target)


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("the guide", "https://docs.example.org"),
        ("https://docs.example.org", "https://docs.example.org/"),
        ("docs.example.org", "https://docs.example.org/budget"),
        ("Docs.Example.org", "http://docs.example.org"),
        ("ana@example.org", "mailto:ana@example.org"),
        ("version 1.30", "https://example.org/changes"),
        ("", "https://example.org"),
    ],
)
def test_an_honest_label_hides_nothing(label: str, target: str) -> None:
    assert not hides_target(label, target)


@given(st.from_regex(r"[a-z]{1,8}\.(com|org)", fullmatch=True), st.from_regex(r"[a-z]{1,8}\.(net|io)", fullmatch=True))
def test_one_host_as_label_of_another_is_always_found_out(shown: str, opened: str) -> None:
    assert hides_target(shown, f"https://{opened}/{shown}")
    assert not hides_target(shown, f"https://{shown}/{opened}")
