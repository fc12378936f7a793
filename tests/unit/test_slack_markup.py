from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.flattening import plain_line
from bot.platforms.slack.markup import (
    TEXT_CHARS,
    Said,
    code_block,
    escape,
    fallback,
    link,
    literal,
    mrkdwn,
    read,
)
from bot.platforms.slack.names import ids_in, with_names
from bot.text import cut, plain

NAMES = {"U02ANA": "Ana", "C01GEN": "geral", "S01TEAM": "suporte"}
HOSTILE = st.lists(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from([
            *"<>&*_~`|@#!:\n\\()[]",
            *("<@U012ABCDEF>", "<!here>", "<!channel>", "@here", "@channel", "@everyone", "<#C012ABCDEF|x>"),
            *("&lt;", "&amp;", "&lt;!here&gt;", "http://a.example/b|c", "javascript:x", ":smile:"),
            *("```", "word ", "[a](b)", "<http://", "|", "<mailto:a@b.c|a@b.c>"),
            *("<@U0BOT>", "<@U0BOT|bot>", "<!date^1^{date}|now>", "<!subteam^S1|@x>"),
        ]),
    ),
    max_size=40,
).map("".join)  # fmt: skip


def said(text: str) -> Said:
    return read(text, bot_user="U0BOT", names=NAMES)


def inked(text: str) -> str:
    """Without what breaking a mention changes."""
    return "".join(text.replace("‹", "<").replace("›", ">").split())


class TestEscape:
    def test_the_three_characters_are_escaped_and_formatting_stays(self) -> None:
        assert escape("a < b > c & *d* &lt;") == "a &lt; b &gt; c &amp; *d* &amp;lt;"

    @pytest.mark.parametrize("call", ["@here", "@channel", "@everyone", "@HERE"])
    def test_calls_of_everybody_are_broken_visibly(self, call: str) -> None:
        assert escape(f"hi {call} there") == f"hi @ {call[1:]} there"

    @given(HOSTILE)
    def test_nothing_that_is_escaped_acts(self, text: str) -> None:
        written = escape(text)

        assert not set(written) & set("<>")
        assert re.search(r"&(?!(?:lt|gt|amp);)", written) is None
        # `ana@channel` is an address: Slack calls nobody inside of a word.
        assert re.search(r"@(here|everyone)|(?<!\w)@channel\b", written, re.IGNORECASE) is None
        assert inked(html.unescape(written)) == inked(plain(text))


class TestLiteral:
    @pytest.mark.parametrize(
        ("title", "shown"),
        [
            ("snake_case and 2*3", "snake_case and 2*3"),
            ("*bold* _italic_ ~gone~ `code`", "∗bold∗ ˍitalicˍ ∼gone∼ ˋcodeˋ"),
            ("__init__ and a``b", "ˍˍinitˍˍ and aˋˋb"),
            ("an open *star", "an open ∗star"),
            ("10:30:45 and :smile: :+1: a:b", "10:30:45 and ∶smile: ∶+1: a:b"),
            ("> no quotation\n > nor this, a > b", "› no quotation\n › nor this, a &gt; b"),
            ("R&D <2026>", "R&amp;D &lt;2026&gt;"),
        ],
    )
    def test_what_looks_like_markup_shows_as_it_is_written(self, title: str, shown: str) -> None:
        assert literal(title) == shown

    @given(HOSTILE)
    def test_no_mark_is_left_at_the_edge_of_a_word(self, text: str) -> None:
        shown = literal(text)

        assert "`" not in shown
        assert re.search(r"(?<![^\W_])[*_~]|[*_~](?![^\W_*~])", shown) is None

    @given(HOSTILE)
    def test_nothing_closes_a_block_of_code(self, text: str) -> None:
        assert code_block(text).count("```") == 2


class TestLink:
    def test_links_of_the_web_and_of_mail_are_links(self) -> None:
        assert link("https://wiki.example/a?b=1&c=2", "The *guide*") == (
            "<https://wiki.example/a?b=1&amp;c=2|The ∗guide∗>"
        )
        assert link("mailto:ana@example.com", "Ana") == "<mailto:ana@example.com|Ana>"

    @pytest.mark.parametrize("target", ["docs/guide.md", "javascript:alert(1)", "file:///etc/passwd", "slack://x"])
    def test_any_other_target_is_written_out(self, target: str) -> None:
        assert link(target, "Guide <1>") == f"Guide &lt;1&gt; ({target})"

    def test_a_label_that_says_the_target_is_written_once(self) -> None:
        assert link("docs/guide.md", "docs/guide.md") == "docs/guide.md"
        assert link("", "Guide") == "Guide"
        assert link("https://a.example", " ") == "<https://a.example|https://a.example>"

    def test_nothing_in_target_or_label_breaks_out(self) -> None:
        assert link("https://a.example/x|y> z\n<!here>", "a|b>\n<c") == (
            "<https://a.example/x%7Cy%3E%20z%0A%3C!here%3E|a∣b&gt; &lt;c>"
        )

    def test_a_label_that_looks_like_another_address_names_the_host(self) -> None:
        assert link("https://evil.example/x", "bank.example") == "<https://evil.example/x|bank.example (evil.example)>"
        assert link("https://bank.example/x", "bank.example") == "<https://bank.example/x|bank.example>"

    def test_an_address_that_nobody_can_read_is_named_whole(self) -> None:
        assert link("https://[evil", "bank.example") == "<https://[evil|bank.example (https://[evil)>"

    @given(HOSTILE, HOSTILE)
    def test_it_is_one_link_whatever_stands_in_it(self, path: str, label: str) -> None:
        written = link(f"https://a.example/{path}", label)

        assert re.fullmatch(r"<https://a\.example/[^<>|\s]*\|[^<>|\n]+>", written)


class TestFallback:
    def test_markup_is_no_noise(self) -> None:
        markdown = (
            "# Head\n\nSome **bold** `code`, see [the guide](https://a.example/g).\n\n- one\n- two\n\n```py\nx<1\n```"
        )

        assert fallback(markdown) == (
            "Head\n\nSome bold code, see the guide (https://a.example/g).\n\n• one\n• two\n\nx&lt;1"
        )

    def test_tables_are_read_row_by_row(self) -> None:
        assert fallback("| a | b |\n|---|---|\n| **1** | 2 |\n\nafter") == "a, b\n1, 2\n\nafter"

    @pytest.mark.parametrize("empty", ["", " \n", "**", "<!-- -->", "[](x)"])
    def test_it_is_never_empty(self, empty: str) -> None:
        assert fallback(empty).strip()

    def test_it_is_cut_after_a_word(self) -> None:
        assert fallback("alpha beta gamma delta", 14) == "alpha beta…"
        assert fallback("word " * 20_000, 100_000).endswith("word…")

    @given(HOSTILE.map(lambda text: text * 30), st.integers(1, 200))
    def test_it_holds_to_its_limit(self, markdown: str, limit: int) -> None:
        assert 0 < len(fallback(markdown, limit)) <= limit

    def test_no_limit_is_beyond_slacks(self) -> None:
        assert len(fallback("&" * 50_000, 60_000)) <= TEXT_CHARS

    @given(HOSTILE)
    def test_nothing_in_it_acts(self, markdown: str) -> None:
        assert not set(fallback(markdown)) & set("<>")

    def test_a_text_that_cannot_be_cut_after_a_word_is_cut(self) -> None:
        assert cut("x" * 50, 10) == "x" * 9 + "…"
        assert cut("short", 10) == "short"


class TestMrkdwn:
    def test_markdown_becomes_mrkdwn(self) -> None:
        markdown = (
            "## Head **line**\n\n**b** *i* ~~s~~ `a<b` [l](https://a.example) x_y *\n\n- one\n  - two\n- three\n\n"
            "3. three\n4. four\n\n> quoted\n> lines\n\n---\n\n```\nx < `y` ```` z\n```\n\nlast"
        )

        assert mrkdwn(markdown) == (
            "*Head line*\n\n*b* _i_ ~s~ `a&lt;b` <https://a.example|l> x_y ∗\n\n• one\n    • two\n• three\n\n"
            "3. three\n4. four\n\n> quoted\n> lines\n\n———\n\n```\nx &lt; `y` ˋˋˋˋ z\n```\n\nlast"
        )

    def test_images_and_breaks_and_indented_code(self) -> None:
        assert mrkdwn("![a b](https://a.example/x.png)  \nnext\n\n    code") == (
            "<https://a.example/x.png|a b>\nnext\n\n```\ncode\n```"
        )

    @given(HOSTILE)
    def test_only_links_of_the_web_and_of_mail_are_left(self, markdown: str) -> None:
        without_quotes = re.sub(r"^> ", "", mrkdwn(markdown), flags=re.MULTILINE)
        rest = re.sub(r"<(?:https?://|mailto:)[^<>|]*\|[^<>]*>", "", without_quotes, flags=re.IGNORECASE)

        assert not set(rest) & set("<>")

    def test_a_line_of_markdown_as_plain_text(self) -> None:
        assert plain_line("**a** `b*c` [d](https://e.example) # f") == "a b*c d (https://e.example) # f"
        assert plain_line("[a.example](https://a.example/) <https://b.example>") == "a.example https://b.example"


class TestRead:
    @pytest.mark.parametrize(
        ("text", "read_as"),
        [
            ("<@U0BOT> how many days?", "how many days?"),
            ("<@U0BOT>: how", "how"),
            ("<@U0BOT|ragbot>,  how", "how"),
            ("  <@U0BOT> <@U0BOT> how", "how"),
            ("tell me <@U0BOT> how", "tell me how"),
            ("hey <@U0BOT>, how", "hey, how"),
            ("do you know <@U0BOT>?", "do you know?"),
            ("how <@U0BOT>", "how"),
            ("line\n<@U0BOT> next", "line\nnext"),
            ("line <@U0BOT>\nnext", "line\nnext"),
            ("<@U0BOT> :wave: hi", ":wave: hi"),
            ("<@U0BOT>", ""),
        ],
    )
    def test_the_bots_own_name_goes(self, text: str, read_as: str) -> None:
        assert said(text) == Said(read_as, names_bot=True, names_first="")

    @pytest.mark.parametrize(
        ("text", "read_as"),
        [
            ("ask <@U02ANA> or <@U03BEA|bea>, <@U04>", "ask @Ana or @bea, @U04"),
            ("in <#C01GEN|general> or <#C02|random> <#C03>", "in #geral or #random #C03"),
            ("dear <!subteam^S02|@help> and <!subteam^S01TEAM>", "dear @help and @suporte"),
            ("<!here> <!channel> <!everyone> <!here|here>", "@here @channel @everyone @here"),
            ("at <!date^1392734382^{date}|Feb 18, 2014>", "at Feb 18, 2014"),
            ("<http://x.example/a|the page>", "the page (http://x.example/a)"),
            ("<http://example.com|example.com> <https://a.example/>", "example.com https://a.example/"),
            ("<https://a.example/?a=1&amp;b=2>", "https://a.example/?a=1&b=2"),
            ("<mailto:a@b.example|a@b.example> <mailto:a@b.example|Ana>", "a@b.example Ana (a@b.example)"),
            ("<tel:+4912|+4912> <tel:+49|call>", "+4912 call (+49)"),
            ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt; “smart”", "1 < 2 && 3 > 2 &lt; “smart”"),
            ("<no sequence> < > <>", "<no sequence> < > <>"),
        ],
    )
    def test_sequences_become_what_people_see(self, text: str, read_as: str) -> None:
        assert said(text) == Said(read_as, names_bot=False, names_first="")

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("<@U02ANA> what do you think?", "U02ANA"),
            (" <@U02ANA|ana>: hi <@U0BOT>", "U02ANA"),
            ("<!subteam^S01TEAM|@suporte> hi", "S01TEAM"),
            ("<@U0BOT> <@U02ANA> hi", ""),
            ("hi <@U02ANA>", ""),
            ("<!here> hi", ""),
            ("<http://a.example> <@U02ANA>", ""),
        ],
    )
    def test_whom_a_message_begins_with_is_told(self, text: str, first: str) -> None:
        assert said(text).names_first == first

    def test_names_may_be_looked_up_by_a_function(self) -> None:
        assert read("hi <@U1>", bot_user="U0BOT", names=str.lower).text == "hi @u1"

    @given(HOSTILE)
    def test_there_is_no_text_that_it_refuses(self, text: str) -> None:
        assert said(text).names_bot == bool(re.search(r"<@U0BOT(\|[^<>\n]*)?>", text))

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80))
    def test_what_slack_escapes_comes_back(self, text: str) -> None:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

        assert said(escaped).text == text.strip()


class TestNames:
    def test_ids_that_are_known_become_names(self) -> None:
        names = {"U012ABCDEF": "Ana", "C012ABCDEF": "#geral", "S012ABCDEF": "@suporte"}
        text = "| U012ABCDEF | C012ABCDEF |\nS012ABCDEF, U099ZZZZZZ, DOCUMENTATION, xU012ABCDEF @U012ABCDEF"

        assert ids_in(text) == {"U012ABCDEF", "C012ABCDEF", "S012ABCDEF", "U099ZZZZZZ", "DOCUMENTATION"}
        assert with_names(text, names) == (
            "| @Ana | #geral |\n@suporte, U099ZZZZZZ, DOCUMENTATION, xU012ABCDEF @U012ABCDEF"
        )

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("*a|b*", "@∗a∣b∗"),
            ("here", "@ here"),
            ("<!here>", "@‹!here›"),
            ("[x](http://a)", "@(x)(http://a)"),
            (" ", "U012ABCDEF"),
        ],
    )
    def test_names_format_and_call_nothing(self, name: str, shown: str) -> None:
        assert with_names("U012ABCDEF", {"U012ABCDEF": name}) == shown
