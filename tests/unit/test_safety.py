from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.safety import SafeStream, safe

PIECES = st.one_of(
    st.sampled_from(list("<>@#!&|[]()`*_\\/:;~-+.\"'= \n\t=09aU")),
    st.sampled_from([
        "everyone", "here", "channel", "group", "Here", "ｅveryone", "＠", "＜", "﹤", "＞", "＆", "\u200b", "\u200d",
        "\ufe0f", "\u00ad", "\x1b[31m", "\x1b[", "\u202e", "&lt;", "&gt;", "&amp;", "&#64;", "&#x40;", "&commat;",
        "&#60", "&amp;lt;", "&#101;", "&excl;", "&ZeroWidthSpace;", "&#x202e;", "&rlm;", "<@U123>", "<@!123>",
        "<@&1", "<#C1|general>", "<!here>", "<!subteam^S1|x>", "<!date^1^x|y>", "</cmd:1>", "<id:customize>",
        "<t:1:R>", "<a:name:1>", "@here", "@everyone", "\n\n", "```", "````", "~~~", "\n```\n", "\n```py\n",
        "\n> ```\n", "\n- ", "\n  ", "\n    ", "\n1. ", "\n> ", "](", "][", "]: ", "![", "[a](https://e.org)",
        "[a](b 'c')", "[x]: https://e.org\n", "[x]", "[1]", "[2][3]", "<https://e.org>", "<https://e.org|bank.com>",
        "<ana@e.org>", "https://e.org/a_b", "javascript:x", "data:a/b", "slack://", "file://x", "<a href='x'>",
        "<img src=x>", "<!-- ", "-->", "<div>", "</div>", "| a | b |\n|---|---|\n", "`a`", "``", "`[a](b)`", "-# ",
        "List<String>", "word", " ",
    ]),
)  # fmt: skip
HOSTILE = st.lists(PIECES, max_size=40).map("".join)

COMMONMARK = MarkdownIt("commonmark")
RENDERERS = {
    "commonmark": COMMONMARK,
    "without HTML": MarkdownIt("commonmark", {"html": False}),
    "with tables": MarkdownIt("commonmark").enable(["table", "strikethrough"]),
}
ADDRESSES = {"href", "src"}

# What Slack and Discord take for mentions, as their documentation has it.
MENTIONS = re.compile(
    r"""
    @(?:everyone|here)                                                   # Discord, inside words too
    | (?<![^\W_])@(?:channel|group)(?=_*(?:\W|\Z))                        # Slack, as words
    | <@[!&]?\d+> | <\#\d+> | </[^<>:\n]+:\d+> | <id:[\w:-]+> | <t:-?\d+(?::[a-z])?> | <a?:\w+:\d+>
    | <@[uw][a-z\d]*(?:\|[^<>]*)?> | <\#[cgd][a-z\d]+(?:\|[^<>]*)?>
    | <!(?:here|channel|everyone|group)(?:\|[^<>]*)?> | <!(?:subteam|date)\^[^<>]*>
    | <(?:https?|mailto|tel|slack)[:][^\s<>|]*\|[^<>]+>                  # Slack's labels, which hide the target
    """,
    re.VERBOSE | re.IGNORECASE,
)
HIDDEN = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")


def decodings(text: str) -> Iterator[str]:
    """What platforms may make of a text before they look for mentions."""
    for _ in range(3):
        for kept in (text, HIDDEN.sub("", text), HIDDEN.sub("", text).replace("\\", "")):
            yield kept
            yield unicodedata.normalize("NFKC", kept)
        text = unescape(text)


def bit_by_bit(pieces: list[str]) -> str:
    stream = SafeStream()
    return "".join([*map(stream.feed, pieces), stream.finish()])


def tokens_of(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from tokens_of(token.children or [])


def letters(text: str) -> list[str]:
    text = re.sub(r"\x1b\[[0-?]{0,32}[ -/]{0,8}[@-~]", "", text)
    text = re.sub(r"\[([^\W_][^\[\]()<>`\\\n|]*)\]\(<?\1>?\)", r"\1", text)
    return [character for character in text if character.isalnum()]


@given(HOSTILE)
def test_nobody_is_called_whatever_platforms_decode(text: str) -> None:
    shown = safe(text)

    assert [call[0] for decoded in decodings(shown) for call in MENTIONS.finditer(decoded)] == []


@given(HOSTILE)
def test_no_renderer_finds_a_link_whose_target_is_not_shown(text: str) -> None:
    shown = safe(text)

    for renderer in RENDERERS.values():
        tokens = list(tokens_of(renderer.parse(shown)))
        visible = "".join(token.content for token in tokens if token.type in {"text", "code_inline"})
        for token in tokens:
            for target in (str(value) for name, value in token.attrs.items() if name in ADDRESSES):
                assert token.type == "link_open", "images are fetched unseen"
                assert unquote(target).removeprefix("mailto:") in visible


@given(HOSTILE, st.data())
def test_however_a_text_is_cut_the_same_comes_out(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert bit_by_bit(pieces) == safe(text)


@given(HOSTILE)
def test_character_by_character_the_same_comes_out(text: str) -> None:
    assert bit_by_bit(list(text)) == safe(text)


@given(HOSTILE)
def test_a_second_time_nothing_is_left_to_change(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(HOSTILE)
def test_no_letter_and_no_digit_is_lost(text: str) -> None:
    assert letters(safe(text)) == letters(text)


@given(st.text(st.characters(categories=["L", "N", "Zs", "Po"], exclude_characters="@＠﹫&＆﹠\\!*")))
def test_text_without_markup_is_unchanged(text: str) -> None:
    assert safe(text.replace(":", "")) == text.replace(":", "")


@pytest.mark.parametrize(
    "text",
    [
        "Nights cost 140 euros [1], breakfast is free [2][3].",
        "- [ ] open\n- [x] done",
        "[1]\n\nSee [2]: it says so.",
        "a < b and c > d, 1 << 2, R&D, AT&amp;T, 3 <3",
        "Map<@NonNull String, List<String>> and <!DOCTYPE html> and <!-- a comment -->",
        "ana@example.org, Ana <ana@example.org>, team@group.example",
        "https://example.org/a_b?c=d&e=f#g",
        "@dataclass\nclass A: ...\n\n@app.route('/')",
        "```py\nx = handlers[name](event)\n[a]: int = 1\n<a href='x'>\n```\n\n`[a](b)` and ``c`[d](e)``",
        "1. Run\n   ```sh\n   f[0](x)\n   ```\n2. Done\n\n> ```\n> a[0](x)\n> ```",
        "| a | b |\n|---|---|\n| `x` | **y** |",
        "\U0001f468\u200d\U0001f469 ❤\ufe0f",
        "2 @ 3 euros, @ana, @heresy",
    ],
)
def test_harmless_text_is_unchanged(text: str) -> None:
    assert safe(text.replace("@heresy", "")) == text.replace("@heresy", "")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[label](https://e.org/a_b)", "label (https://e.org/a_b)"),
        ('**[Guide](https://e.org "the title")**.', '**Guide (https://e.org "the title")**.'),
        ("[bank.com](https://evil.example)", "bank.com (https://evil.example)"),
        ("[https://e.org](https://e.org)", "https://e.org"),
        ("[the plan](docs/a.md#b) and [that](<docs/a b.md>)", "the plan (`docs/a.md#b`) and that (`docs/a b.md`)"),
        ("[`run()`](https://e.org)", "`run()` (https://e.org)"),
        ("[a](https://e.org/_b_)", "a (`https://e.org/_b_`)"),
        ("[x](javascript:alert(1))", "x (`javascript:alert(1)`)"),
        ("javascript:alert(1) slack://open data:text/html,x", "javascript: alert(1) slack: //open data: text/html,x"),
        ("![alt](https://e.org/p.png?leak=1)", "alt (https://e.org/p.png?leak=1)"),
        ("[![alt](a.png)](https://e.org)", "[alt (`a.png`)] (https://e.org)"),
        ("[1. x](https://e.org)", "[1. x] (https://e.org)"),
        ("[x]: https://e.org\n\n[a][x]", "[x] : https://e.org\n\n[a][x]"),
        ("[x\ny]: https://e.org", "[x\ny] : https://e.org"),
        ("See <https://e.org>.", "See https://e.org."),
        ("<https://e.org>.evil.org", "https://e.org .evil.org"),
        ("<https://evil.example|bank.com>", "https://evil.example (bank.com)"),
        ("<javascript:x>", "‹javascript: x›"),
        ('<a href="https://e.org">x</a>', '‹a href="https://e.org"›x‹/a›'),
        ("` [a](b)\n`[c](d)`", "` [a] (b)\n`[c] (d)`"),
        ("- ```\n[a](b)", "- ```\n[a] (b)"),
        ("<!here> <!subteam^S1|x> <@U123|ana> <#C1|general>", "‹!here› ‹!subteam^S1|x› ‹@U123|ana› ‹#C1|general›"),
        ("<@!1> <@&1> </cmd:1> <id:customize> <t:1:R>", "‹@!1› ‹@&1› ‹/cmd:1› ‹id:customize› ‹t:1:R›"),
        ("@everyone @HERE @channel, @group", "@ everyone @ HERE @ channel, @ group"),
        ("`@here` and\n```\n<!here>\n```", "`@ here` and\n```\n‹!here›\n```"),
        ("@\u200beveryone ＠here @ｅveryone \\@here", "@ everyone ＠ here @ ｅveryone \\@ here"),
        ("&#64;here &lt;!channel&gt; &amp;lt;!here>", "& #64;here & lt;!channel&gt; & amp;lt;!here>"),
        ("&#60@channel x@channel.org", "&#60@ channel x@channel.org"),
        ("@[everyone](https://e.org)", "@[everyone] (https://e.org)"),
        ("a&#x202e;b &rlm;", "a& #x202e;b & rlm;"),
        ("-# gpt · 0.02 USD · 3 s", "‐# gpt · 0.02 USD · 3 s"),
        ("safe\u202etxt.exe \x1b[31mred", "safetxt.exe red"),
    ],
)
def test_what_would_act_is_shown(written: str, shown: str) -> None:
    assert safe(written) == shown


@pytest.mark.parametrize("text", ["Some words, ", "a < b ", "mail ana ", "costs [1] ", "it is 5 - ", "(see page 3) "])
def test_ordinary_text_goes_on_at_once(text: str) -> None:
    stream = SafeStream()

    assert stream.feed(text + "x") == text + "x"


@pytest.mark.parametrize(
    "begun",
    ["[", "[a](", "<", "<https://e", "`", "@", "<@U1", "```\n", "&", "<!", "@&#", "**[", "\x1b[", "```", "> ```\n"],
)
def test_what_never_ends_is_not_waited_for(begun: str) -> None:
    stream = SafeStream()
    shown = "".join(map(stream.feed, begun + "x" * 3000))

    assert len(shown) > 1900


@pytest.mark.parametrize(
    "text", ["`", "[", "<", "@", "&#", "[a](", "`a", "\n```", "~", "@*", "<a ", "data:", "\\", "\n> "]
)
def test_hostile_texts_take_time_in_proportion(text: str) -> None:
    started = time.process_time()

    bit_by_bit(list(text * (20_000 // len(text))))

    assert time.process_time() - started < 3
