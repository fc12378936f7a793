from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.cards import pieces
from bot.platforms.discord.markup import link, literal, written
from bot.platforms.discord.names import ids_in, with_names
from bot.platforms.discord.said import Said, read
from bot.safety.mentions import unmentioned
from bot.text import plain

BOT, OWN_ROLE = "100000000000000001", "100000000000000002"
ANA, BEA, TEAM, GENERAL = "200000000000000001", "200000000000000002", "300000000000000001", "400000000000000001"
NAMES = {ANA: "Ana", TEAM: "@suporte", GENERAL: "#geral"}
MENTIONS = [
    *("@everyone", "@here", "<@1>", "<@!1>", "<@&1>", "<#1>", "</x:1>", "<id:home>", "<t:1>", "<t:1:R>"),
    *("<:x:1>", "<a:x:1>"),
]  # fmt: skip
# As Discord's documentation has them (docs.discord.com/developers/reference#message-formatting, 2026-12).
MENTION = re.compile(r"@(?:everyone|here)|<(?:@[!&]?|#|/[^<>\n:]+:|t:|a?:\w+:)\d+(?::\w)?>|<id:\w+>")
HOSTILE = st.lists(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from([
            *"<>&*_~`|@#!:\n\\()[]-+.1 ",
            *MENTIONS,
            *("&lt;", "&amp;", "&#64;", "&lt;@1&gt;", "https://a.example/b_c|d", "javascript:x", ":s:"),
            *("```", "``", "~~~", "\n\n", "word ", "[a](https://b.example)", "![", "](", "<https://"),
            *("||", "__", "___"),
            *("\n> ", "\n>>> ", "\n- ", "\n1. ", "\n-# ", "\n#### ", "\n---\n", "\n    ", "[x] "),
            *(f"<@{BOT}>", f"<@{ANA}>"),
        ]),
    ),
    max_size=40,
).map("".join)  # fmt: skip
# The parts of a text that Discord takes for code, and escaped characters.
CODE = re.compile(r"\\[^0-9A-Za-z\s]|```[\s\S]+?```|(?<!`)(`{1,2})(?!`)(?:[\s\S]*?[^`])\1(?!`)")


def said(content: str) -> Said:
    return read(content, bot_user=BOT, bot_roles={OWN_ROLE}, names=NAMES)


def outside_code(text: str) -> str:
    """What is left for Discord to format: code and escaped characters are a word."""
    return CODE.sub("x", text)


def inked(text: str) -> str:
    """Letters and digits: what may not be lost."""
    return "".join(filter(str.isalnum, text))


def holds(whole: str, part: str) -> bool:
    """Whether one stands in the other, in that order and perhaps with more in between."""
    rest = iter(whole)
    return all(character in rest for character in part)


class TestWritten:
    @pytest.mark.parametrize(
        ("markdown", "shown"),
        [
            ("# One\n\n## Two ##\n\n### C#", "# One\n\n## Two\n\n### C#"),
            ("#### Four\n##### Five **b**\n# # x\n#tag\n#", "**Four**\nFive **b**\n# # x\n#tag\n#"),
            ("- # item\n- x", "- **item**\n- x"),
            ("- a\n  + b\n\t* c\n1) d\n12. e", "- a\n  - b\n    - c\n1. d\n12. e"),
            ("- [ ] open\n* [x] done\n- [y] z\n[ ] no item", "- ☐ open\n- ☑ done\n- [y] z\n[ ] no item"),
            (">quote\n>> deeper\n> > x\n>\n> y\nz", "> quote\n> deeper\n> x\n> \n> y\nz"),
            (">>> all that follows\n\nis free", "> all that follows\n\nis free"),
            ("- > no quote\n\na >>> b", "- \\> no quote\n\na \\>\\>\\> b"),
            ("a\n\n---\n\n* * *\n___\nb\n===", "a\n\n———\n\n———\n———\nb\n———"),
            ("a\n\n\n\nb  \nc\\\nd", "a\n\nb\nc\nd"),
            ("<b>HTML</b> <!-- is --> text<br>", "<b>HTML</b> <!-- is --> text<br>"),
            ("a &amp; b &lt; c &nbsp;&copy; &unknown; &#42;", "a & b \\< c  © &unknown; \\*"),
        ],
    )
    def test_blocks_become_what_discord_has_for_them(self, markdown: str, shown: str) -> None:
        assert written(markdown) == shown

    @pytest.mark.parametrize(
        ("markdown", "shown"),
        [
            ("__bold__ **bold** *em* ~~gone~~", "**bold** **bold** *em* ~~gone~~"),
            ("_em_ ___both___ *_em_* **__b__**", "*em* ***both*** *_em_* ****b****"),
            ("_with *stars* in it_", "_with *stars* in it_"),
            ("__over\nlines__", "**over\nlines**"),
            ("__not over\n\nparagraphs__", "\\_\\_not over\n\nparagraphs\\_\\_"),
            ("- __not over\n- items__", "- \\_\\_not over\n- items\\_\\_"),
            ("snake_case and a_b_c, f(x_1, y_2)", "snake_case and a_b_c, f(x_1, y_2)"),
            ("a_b_ c foo__bar__baz ____ _", "a_b\\_ c foo\\_\\_bar\\_\\_baz \\_\\_\\_\\_ \\_"),
            ("_a __b__ c_ (_d_)", "*a **b** c* (*d*)"),
            ("__a _b__ c_", "**a \\_b** c\\_"),
            ("__a b_ c__", "**a b\\_ c**"),
            ("\\_\\_shown\\_\\_", "\\_\\_shown\\_\\_"),
        ],
    )
    def test_strong_text_is_not_underlined_and_words_stay_as_they_are(self, markdown: str, shown: str) -> None:
        assert written(markdown) == shown

    @pytest.mark.parametrize(
        ("markdown", "shown"),
        [
            ("a || b || c | d", "a \\|\\| b \\|\\| c | d"),
            ("\\||x||", "\\||x\\|\\|"),
            ("-# forged\n- -# forged\na -# b -#c", "\\-# forged\n- \\-# forged\na \\-# b -#c"),
            ("`a||b -# __c__` ``x`||`y``", "`a||b -# __c__` ``x`||`y``"),
            ("a ` b || \\`` c\n\nd ` e", "a \\` b \\|\\| \\`\\` c\n\nd \\` e"),
            ("`over\nlines || `", "`over\nlines || `"),
            ("```` a`b ```` and ``` c ```", "` aˋb ` and ` c `"),
        ],
    )
    def test_nothing_is_hidden_or_printed_small_and_code_stays(self, markdown: str, shown: str) -> None:
        assert written(markdown) == shown

    @pytest.mark.parametrize(
        ("markdown", "shown"),
        [
            ("```py\na || b\n__c__ <x>\n```\nafter", "```py\na || b\n__c__ <x>\n```\nafter"),
            ("~~~\na ``` b\n~~\n~~~", "```\na ˋˋˋ b\n~~\n```"),
            ("````md\n```\nx\n```\n````", "```md\nˋˋˋ\nx\nˋˋˋ\n```"),
            ("```\nnever closed\n\n", "```\nnever closed\n```"),
            ("```py\n```\nafter", "```py\n…\n```\nafter"),
            ("> ```\n>  > x\n> ```\n> y", "> ```\n>  > x\n> ```\n> y"),
            ("> ```\n> x\nafter || it", "> ```\n> x\n> ```\nafter \\|\\| it"),
            ("1. a\n   ```sh\n   ls\n   ```\n2. b", "1. a\n   ```sh\n   ls\n   ```\n2. b"),
            ("- ```\n  x\n  ```", "- ```\n  x\n  ```"),
        ],
    )
    def test_a_block_of_code_is_closed_by_its_end_alone(self, markdown: str, shown: str) -> None:
        assert written(markdown) == shown

    @pytest.mark.parametrize(
        ("markdown", "shown"),
        [
            ("see https://a.example/x_y?b=1.", "see <https://a.example/x_y?b=1>."),
            ("(https://a.example/b_(c)), <https://a.example>", "(<https://a.example/b_(c)>), <https://a.example>"),
            ("**https://a.example** https:// x, https://.", "**<https://a.example>** https\\:// x, https\\://."),
            ("https://\\*a.example", "https\\://\\*a.example"),
            ("`https://a.example`", "`https://a.example`"),
            ("<https://a.example b>", "\\<<https://a.example> b>"),
            ("[The **guide**](https://a.example/g)", "[The guide](<https://a.example/g>)"),
            ("[g](<https://a.example/g>) [`x_y`](https://b.example)", "[g](<https://a.example/g>) [x_y](<https://b.example>)"),
            ("![A plan](https://a.example/p.png) ![](https://a.example)", "[A plan](<https://a.example/p.png>) <https://a.example>"),
            ("[bank.example](https://evil.example/x)", "bank.example (<https://evil.example/x>)"),
            ("[bank.example](https://bank.example/x)", "[bank.example](<https://bank.example/x>)"),
            ("[Guide](docs/g.md) [x](javascript:y)", "Guide (docs/g.md) x (javascript:y)"),
            ('[a](https://b.example "title")', '[a]\\(<https://b.example> "title")'),
            ("[a [b] c](https://d.example) [1](2)", "[a (b) c](<https://d.example>) 1 (2)"),
            ("\\[a](https://b.example)", "\\[a]\\(<https://b.example>)"),
        ],
    )  # fmt: skip
    def test_links_show_where_they_lead_and_no_preview(self, markdown: str, shown: str) -> None:
        assert written(markdown) == shown

    @given(HOSTILE)
    def test_it_never_makes_a_mention(self, markdown: str) -> None:
        for shown in (written(markdown), *pieces(markdown)):
            assert MENTION.search(shown) is None
            # Escapes are no hindrance to those who send the calls.
            assert MENTION.search(shown.replace("\\", "")) is None

    def test_what_comes_together_calls_nobody(self) -> None:
        assert written("@[everyone](x) @![](here)") == "@ everyone (x) @ here"
        assert written("https://a.example/&#64;everyone") == "<https://a.example/&> #64;everyone"

    @pytest.mark.parametrize("mention", MENTIONS)
    @pytest.mark.parametrize("around", ["{}", "**{}**", "`{}`", "```\n{}\n```", "[{}](https://a.example)", "> # {}"])
    def test_mentions_are_broken_wherever_they_stand(self, mention: str, around: str) -> None:
        assert MENTION.search(mention)
        assert MENTION.search(written(around.format(mention))) is None

    @given(HOSTILE)
    def test_outside_code_nothing_hides_underlines_or_has_a_preview(self, markdown: str) -> None:
        shown = outside_code(written(markdown))

        assert "`" not in shown
        assert "||" not in shown
        bare = re.sub(r"<https?://[^\s<>]+>", "x", shown, flags=re.IGNORECASE)
        assert "__" not in bare
        assert re.search(r"(?<!\S)-#(?!\S)", bare) is None
        assert re.search(r"https?://", bare, re.IGNORECASE) is None
        assert re.search(r"\](?=\((?!<(?:https?://|mailto:)))", shown, re.IGNORECASE) is None
        assert re.search(r"^>>>", shown, re.MULTILINE) is None

    @given(HOSTILE)
    def test_no_letter_is_lost(self, markdown: str) -> None:
        # Entities become what they stand for, and `[x]` becomes a ticked box.
        markdown = re.sub(r"\[[xX]\]", "", markdown.replace("&", "+"))
        once = written(markdown)

        assert holds(inked(once), inked(plain(markdown)))
        assert holds(inked(written(once)), inked(once))

    @given(
        st.lists(
            st.sampled_from(["word", "**b**", "*e*", "`c`", "\n\n", "\n- item", "[1]", "2 * 3", "~~s~~"]), max_size=20
        )
    )
    def test_what_discord_writes_the_same_way_stays(self, words: list[str]) -> None:
        markdown = re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", " ".join(words))).strip()

        assert written(markdown) == re.sub(r"(?m)^\* ", "- ", markdown)

    @pytest.mark.parametrize(
        "part",
        [
            *("[", "`", "_", "[(", " __a", " _a", "[a](", "[[a]", "[`", "``a`", "|", ">", "&lt;", "\\", "<", "https://a))"),
            *("[x](https://a.example) ", "\n>", "\n- ", "\n```", "# ", " *a", "<https://", "- [", "1. 2. "),
        ],
    )  # fmt: skip
    def test_hostile_text_costs_no_more_than_its_length(self, part: str) -> None:
        # With an effort that grew with the square of the length, this would not end before the suite's time is over.
        text = part * (100_000 // len(part))

        assert holds(inked(written(text)), inked(text.replace("&lt;", "")))


class TestLiteral:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("*a* _b_ ~c~ `d` ||e|| \\f", "\\*a\\* \\_b\\_ \\~c\\~ \\`d\\` \\|\\|e\\|\\| \\\\f"),
            ("[a](b) <c>", "\\[a\\](b) \\<c>"),
            ("# h\n> q\n- i\n+ j\n1. n\n2) m", "\\# h\n\\> q\n\\- i\n\\+ j\n1\\. n\n2\\) m"),
            ("a -# b >>> c", "a \\-# b \\>>> c"),
            (":smile: at 10:30 https://a.example", "\\:smile: at 10:30 https\\://a.example"),
            ("@everyone <@1> ana@here.example", "@ everyone ‹@1› ana@ here.example"),
            ("R&D (2026), 50 %!", "R&D (2026), 50 %!"),
        ],
    )
    def test_what_looks_like_markup_shows_as_it_is_written(self, text: str, shown: str) -> None:
        assert literal(text) == shown

    @given(HOSTILE)
    def test_people_read_what_it_was_made_of(self, text: str) -> None:
        assert said(literal(text)).text == unmentioned(text).strip()

    @given(HOSTILE)
    def test_nothing_in_it_acts(self, text: str) -> None:
        shown = re.sub(r"\\[^0-9A-Za-z\s]", "x", literal(text))

        assert not set(shown) & set("*_~`|[]<\\")
        assert "://" not in shown
        assert re.search(r"^[ \t]*(?:[>#+-]|\d+[.)])", shown, re.MULTILINE) is None
        assert MENTION.search(literal(text)) is None


class TestLink:
    def test_links_of_the_web_and_of_mail_are_links(self) -> None:
        assert (
            link("https://wiki.example/a?b=1&c=2", "The *guide*") == "[The ∗guide∗](<https://wiki.example/a?b=1&c=2>)"
        )
        assert link("mailto:ana@example.com", "Ana") == "[Ana](<mailto:ana@example.com>)"

    @pytest.mark.parametrize("target", ["docs/guide.md", "javascript:alert", "file:/etc/passwd", "steam:x"])
    def test_any_other_target_is_written_out(self, target: str) -> None:
        assert link(target, "Guide [1]") == f"Guide \\[1\\] ({target})"

    def test_a_label_that_says_the_target_is_written_once(self) -> None:
        assert link("docs/guide.md", "docs/guide.md") == "docs/guide.md"
        assert link("", "Guide") == "Guide"
        assert link("https://a.example", " ") == link("https://a.example", "https://a.example") == "<https://a.example>"

    def test_nothing_in_target_or_label_breaks_out(self) -> None:
        assert link("https://a.example/(x) y>\n", "a]b\n[c](d) snake_case _e_ <@1> :f:") == (
            "[a)b (c)(d) snake_case ˍeˍ ‹@1› ∶f:](<https://a.example/%28x%29%20y%3E>)"
        )

    def test_a_label_that_looks_like_another_address_names_the_host(self) -> None:
        assert (
            link("https://evil.example/x", "bank.example") == "[bank.example (evil.example)](<https://evil.example/x>)"
        )
        assert link("https://bank.example/x", "bank.example") == "[bank.example](<https://bank.example/x>)"
        assert link("https://[evil", "bank.example") == "[bank.example ((evil)](<https://[evil>)"

    @pytest.mark.parametrize("label", ["see https://bank.example", "The plan 🎉", "Stars ⭐"])
    def test_where_discord_makes_no_link_the_address_is_shown(self, label: str) -> None:
        assert link("https://a.example/x", label) == f"{literal(label)} (<https://a.example/x>)"

    @given(HOSTILE, HOSTILE)
    def test_it_is_one_link_whatever_stands_in_it(self, path: str, label: str) -> None:
        shown = link(f"https://a.example/{path}", label)

        address = r"<https://a\.example/[^<>()|\\\s]*>"
        masked = re.fullmatch(rf"\[([^\[\]\\<>`*|\n]+)\]\({address}\)", shown)
        assert masked or re.fullmatch(rf"(?:[^\n]+ \({address}\)|{address})", shown)
        assert not masked or "://" not in masked[1]
        assert MENTION.search(shown) is None


class TestRead:
    @pytest.mark.parametrize(
        ("content", "read_as"),
        [
            (f"<@{BOT}> how many days?", "how many days?"),
            (f"<@!{BOT}>: how", "how"),
            (f"<@&{OWN_ROLE}>,  how", "how"),
            (f"  <@{BOT}> <@&{OWN_ROLE}> how", "how"),
            (f"tell me <@{BOT}> how", "tell me how"),
            (f"hey <@{BOT}>, how", "hey, how"),
            (f"do you know <@{BOT}>?", "do you know?"),
            (f"how <@{BOT}>", "how"),
            (f"line\n<@{BOT}> next", "line\nnext"),
            (f"line <@{BOT}>\nnext", "line\nnext"),
            (f"<@{BOT}> <:wave:123456789012345678> hi", ":wave: hi"),
            (f"<@{BOT}>", ""),
        ],
    )
    def test_the_bots_own_name_goes(self, content: str, read_as: str) -> None:
        assert said(content) == Said(read_as, names_bot=True, names_first="")

    @pytest.mark.parametrize(
        ("content", "read_as"),
        [
            (f"ask <@{ANA}> or <@!{BEA}>, <@&{TEAM}>", f"ask @Ana or @{BEA}, @suporte"),
            (f"in <#{GENERAL}> or <#{BEA}>", f"in #geral or #{BEA}"),
            ("type </ask:123456789012345678> or </rag cost:123456789012345678>", "type /ask or /rag cost"),
            ("<t:1618953630> or <t:1618953630:R>", "2021-04-20 21:20 UTC or 2021-04-20 21:20 UTC"),
            ("on <t:1618953630:d>", "on 2021-04-20"),
            ("at <t:-1:D>, <t:9999999999999>", "at 1969-12-31, <t:9999999999999>"),
            ("<a:party:123456789012345678> see <id:customize>", ":party: see #customize"),
            ("see <https://a.example/b> and [c](<https://d.example>)", "see https://a.example/b and [c](https://d.example)"),
            ("\\*no\\* emphasis, ¯\\_(ツ)_/¯, C:\\dir", "*no* emphasis, ¯_(ツ)_/¯, C:\\dir"),
            (f"\\<@{ANA}>, `<@{ANA}> \\*`", f"<@{ANA}>, `<@{ANA}> \\*`"),
            ("```\n\\d+\\.\n``` \\.", "```\n\\d+\\.\n``` ."),
            ("@everyone @here <no sequence> < > <>", "@everyone @here <no sequence> < > <>"),
        ],
    )  # fmt: skip
    def test_sequences_become_what_people_see(self, content: str, read_as: str) -> None:
        assert said(content) == Said(read_as, names_bot=False, names_first="")

    @pytest.mark.parametrize(
        ("content", "first"),
        [
            (f"<@{ANA}> what do you think?", ANA),
            (f" <@!{ANA}>: hi <@{BOT}>", ANA),
            (f"<@&{TEAM}> hi", TEAM),
            (f"<@{BOT}> <@{ANA}> hi", ""),
            (f"<@&{OWN_ROLE}> <@{ANA}> hi", ""),
            (f"hi <@{ANA}>", ""),
            (f"@here <@{ANA}>", ""),
            (f"<#{GENERAL}> <@{ANA}>", ""),
            (f"`x` <@{ANA}>", ""),
            (f"\\* <@{ANA}>", ""),
        ],
    )
    def test_whom_a_message_begins_with_is_told(self, content: str, first: str) -> None:
        assert said(content).names_first == first

    def test_a_role_of_others_is_not_the_bot(self) -> None:
        assert read(f"<@&{TEAM}> hi", bot_user=BOT, bot_roles=(), names={}) == Said(f"@{TEAM} hi", False, TEAM)

    def test_a_bot_whose_id_is_not_known_is_not_named(self) -> None:
        assert read("hi", bot_user="", bot_roles=(), names={}) == Said("hi", names_bot=False, names_first="")

    @given(HOSTILE)
    def test_there_is_no_text_that_it_refuses(self, content: str) -> None:
        assert said(content).names_bot <= (f"<@{BOT}>" in content)

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\<"), max_size=80))
    def test_plain_words_stay(self, text: str) -> None:
        assert said(text).text == text.strip()


class TestNames:
    def test_ids_that_are_known_become_names(self) -> None:
        names = {ANA: "@Ana", GENERAL: "#geral", TEAM: "Our server"}
        others = f"12345, 1{ANA}9999, x{ANA} 1.{ANA} @{ANA} <@{ANA}>"

        text = f"| {ANA} | {GENERAL} |\n{TEAM}, {BEA}; discord:{GENERAL}: {others}"
        assert ids_in(text) == {ANA, GENERAL, TEAM, BEA}
        assert with_names(text, names) == f"| @Ana | #geral |\nOur server, {BEA}; discord:#geral: {others}"

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("@*a|b*", "@∗a∣b∗"),
            ("@_x_ snake_case", "@ˍxˍ snake_case"),
            ("@everyone", "@ everyone"),
            ("@<@1>", "@‹@1›"),
            ("@[x](http://a)", "@(x)(http://a)"),
            ("# heading", "#heading"),
            ("- item `x`", "‐ item ˋxˋ"),
            ("> quote\n:x:", "› quote ∶x:"),
            (" ", ANA),
            ("@", ANA),
        ],
    )
    def test_names_format_and_call_nothing(self, name: str, shown: str) -> None:
        assert with_names(ANA, {ANA: name}) == shown

    @given(HOSTILE)
    def test_no_name_calls_anybody(self, name: str) -> None:
        assert MENTION.search(with_names(f"{ANA} and `{ANA}`", {ANA: f"@{name}"})) is None
