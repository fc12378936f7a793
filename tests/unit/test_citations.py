from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.answering.citations import AnswerChecker
from rag.answering.marks import numbers_in, spaced, unmarked
from rag.answering.quotes import Quoter
from rag.language import Analyzer
from rag.model import Chunk, Citation, Language, Passage

ANALYZER = Analyzer()
MARKDOWN = MarkdownIt("commonmark")
MANUAL = """\
# Limits

A night may cost 140 euros. Breakfast is paid back. The form is at https://forms.example/travel?v=2.
"""
PAYING = """\
Hand in receipts within 30 days.

```yaml
retries: 3
timeout: 20
```

| what | days |
|---|---|
| visa | 12 |
"""


def passage(text: str, *, title: str = "Travel", headings: tuple[str, ...] = ("Hotels", "Prices")) -> Passage:
    chunk = Chunk(
        id=title,
        document_id=title,
        collection="default",
        source=f"{title}.md",
        link=f"{title}.md#there",
        title=title,
        heading_path=headings,
        anchor="there",
        text=text,
        position=0,
        content_hash="",
        ingested_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    return Passage(chunk, score=1.0)


PASSAGES = (
    passage(MANUAL),
    passage(PAYING, title="Paying back", headings=()),
    passage("Something else entirely.", title="Other"),
)


def checked(text: str, passages: tuple[Passage, ...] = PASSAGES) -> str:
    checker = AnswerChecker(passages)
    return checker.feed(text) + checker.finish()


def checked_in_pieces(pieces: list[str]) -> str:
    checker = AnswerChecker(PASSAGES)
    return "".join(map(checker.feed, pieces)) + checker.finish()


def cited(text: str, *, language: Language = "en", question: str = "") -> tuple[Citation, ...]:
    checker = AnswerChecker(PASSAGES)
    checker.feed(text)
    checker.finish()
    return checker.citations(Quoter(ANALYZER, language, question))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Yes [1].", "Yes [1]."),
        ("Yes[1].", "Yes[1]."),
        ("Yes [1, 2] no", "Yes [1][2] no"),
        ("Yes [1][2] no", "Yes [1][2] no"),
        ("Yes [1] [2] no", "Yes [1][2] no"),
        ("Yes [1-3] no", "Yes [1][2][3] no"),
        ("Yes [1 – 2; 3] no", "Yes [1][2][3] no"),
        ("Yes 【1】 no", "Yes [1] no"),
        ("Yes【1†L4-L9】 no", "Yes[1] no"),
        ("Yes ［１］ no", "Yes [1] no"),
        ("Yes [^1] no", "Yes [1] no"),
        ("Yes \\[1\\] no", "Yes [1] no"),
        ("Yes [passage 1, Passage 2] sim [fonte 3]", "Yes [1][2] sim [3]"),
        ("Yes [1][1, 1] no", "Yes [1] no"),
        ("Yes (1) no", "Yes (1) no"),
    ],
)
def test_every_form_of_a_citation_becomes_one(written: str, shown: str) -> None:
    assert checked(written) == shown


def test_citations_are_numbered_in_the_order_in_which_they_are_first_used() -> None:
    assert checked("A [3]. B [1]. C [3][2].") == "A [1]. B [2]. C [1][3]."
    assert [citation.n for citation in cited("A [3]. B [1].")] == [1, 2]
    assert [citation.title for citation in cited("A [2]. B [1].")] == ["Paying back", "Travel"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Yes [9].", "Yes."),
        ("Yes [9] no", "Yes no"),
        ("Yes [0] [4][2024]!", "Yes!"),
        ("Yes [1, 9] no [7-9]", "Yes [1] no"),
        ("Yes [2-999999999]", "Yes [1][2]"),
        ("Yes [3-1] no", "Yes no"),
        ("Yes[9]no", "Yes no"),
        ("Yes [9][8]no", "Yes no"),
        ("[9]", ""),
        ("Yes 【9†L1】, no", "Yes, no"),
        ("As noted [ 2 ], yes", "As noted, yes"),
        ("between [ 0, 1 ] and", "between [ 0, 1 ] and"),
        ("[[9]9]", "[ 9]"),
    ],
)
def test_a_number_that_was_not_given_never_reaches_the_reader(written: str, shown: str) -> None:
    assert checked(written) == shown


@pytest.mark.parametrize(
    "code",
    [
        "`array[9]` and ``a ` b[9]``",
        "```python\nx = a[9]  # @everyone\nprint(f'{x}')\n```\nDone",
        "1. Run\n   ```sh\n   echo ${a[9]}\n   ```\n2. Done",
        "- ```\n  a[9]\n  ```",
        "> ```\n> a[9]\n> ```",
        "~~~ text ``` with\na[9]\n```\nhttps://evil.example\n~~~",
        "````md\n```\n[9]\n```\n````",
        "```\na[9]",
        "```a[9]``` in a line",
        "```",
    ],
)
def test_code_stays_as_it_is(code: str) -> None:
    assert checked(code) == code
    assert checked_in_pieces(list(code)) == code


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("` @everyone [9] and no end", "' @ everyone and no end"),
        ("a ` b\n[9]` c", "a ' b\n ' c"),
        ("`` a ` b [9]", "'' a ' b"),
        ("``` not closed ` [9]", "''' not closed '"),
        ("` " + "x" * 300 + "` @everyone `x`", "' " + "x" * 300 + "` @everyone `x'"),
        ("\\`x[9]`", "\\ `x[9]`"),
        ("~~struck~~ ~~~ no fence [9]", "~~struck~~ ~~~ no fence"),
        ("```\nx\n``` [9]\n[9]\n```\n[9]", "```\nx\n``` [9]\n[9]\n```\n"),
    ],
)
def test_nothing_hides_in_backticks_that_make_no_code(written: str, shown: str) -> None:
    assert checked(written) == shown
    assert checked_in_pieces(list(written)) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[form](https://forms.example/travel?v=2)", "[form] (`https://forms.example/travel?v=2`)"),
        ("See https://forms.example/travel?v=2.", "See `https://forms.example/travel?v=2`."),
        ("[click](https://evil.example/?d=secret)", "[click] (`evil.example`)"),
        ("![pixel](https://evil.example/?d=secret)", "! [pixel] (`evil.example`)"),
        ("<mailto:me@evil.example> <x-y:z> <me@evil.example>", "< mailto:me@evil.example> < x-y:z> < me@evil.example>"),
        ("<everyxftp:https://evil.example>", "< everyxftp:`evil.example`>"),
        ("<https://me:secret@evil.example/x>", "<`evil.example`>"),
        ("<https://evil.example/x|click>", "<`evil.example`|click>"),
        ("HTTPS://EVIL.example/x, ftp://evil.example/y", "`EVIL.example`, `evil.example`"),
        ("www.evil.example/secret and www. alone", "`www.evil.example` and www. alone"),
        ("https:// alone", "`https://` alone"),
        ("[click][here]\n\n[here]: /x", "[click][here]\n\n[here] : /x"),
        ("Fact [1](https://evil.example/x)", "Fact [1] (`evil.example`)"),
        ("Fact [1]: so", "Fact [1] : so"),
        ("`a`https://evil.example/x`b`", "`a` `evil.example` `b`"),
        ("\\https://evil.example", "\\ `evil.example`"),
        ("https[9]://evil.example", "https ://evil.example"),
        ("https://forms.example/travel?v=2&d=secret", "`forms.example`"),
        ("Great![1]", "Great! [1]"),
    ],
)
def test_nothing_is_a_link_or_an_image(written: str, shown: str) -> None:
    assert checked(written) == shown
    assert checked_in_pieces(list(written)) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("@everyone @Here @channel", "@ everyone @ Here @ channel"),
        ("<!channel> <!here|here> <@U123> <@&77> <#C1>", "< !channel> < !here|here> < @U123> < @&77> < #C1>"),
        ("@every\u200bone @every\u00adone <\u2060@U1>", "@ everyone @ everyone < @U1>"),
        ("@every[9]one <[9]@U1>", "@every one < @U1>"),
        ("@every`one", "@every'one"),
        ("<name> a < b, me@example.com @ann", "<name> a < b, me@example.com @ann"),
    ],
)
def test_nobody_is_called(written: str, shown: str) -> None:
    assert checked(written) == shown
    assert checked_in_pieces(list(written)) == shown


def test_hidden_characters_neither_forge_a_number_nor_reach_the_reader() -> None:
    assert checked("Yes [\u200b9\u202e] no\x07\r\n\u2028end\ud800") == "Yes no\n\nend"


def test_text_is_held_back_only_where_it_may_become_something_else() -> None:
    checker = AnswerChecker(PASSAGES)
    assert checker.feed("The limit is") == "The limit is"
    assert checker.feed(" 140 [see") == " 140"
    assert checker.feed(" the table]") == " [see the table]"
    assert checker.feed(" and [1") == " and"
    assert checker.feed("]") == ""
    assert checker.feed(". So") == " [1]. So"
    assert checker.feed("\n```py\n") == "\n```py"
    assert checker.feed("a[") == "\na["
    assert checker.feed("9]\n``") == "9]"
    assert checker.feed("`\nhttp") == "\n```\n"
    assert checker.feed("s is") == "https is"
    assert checker.finish() == ""


@pytest.mark.parametrize("opening", ["[" + "1, " * 40, "`" + "x" * 400, "[ 12345678901234", "[passages of"])
def test_what_never_ends_is_not_waited_for(opening: str) -> None:
    assert len(AnswerChecker(PASSAGES).feed(opening)) > 0


def test_a_citation_says_where_its_passage_stands_and_quotes_the_sentence_that_supports_the_answer() -> None:
    assert cited("Breakfast will be paid back to you [1].") == (
        Citation(
            n=1,
            title="Travel",
            heading="Hotels › Prices",
            source="Travel.md",
            link="Travel.md#there",
            quote="Breakfast is paid back.",
        ),
    )


@pytest.mark.parametrize(
    ("answer", "quote"),
    [
        ("A night costs 140 euros at most. [1] Breakfast is free.", "A night may cost 140 euros."),
        ("Breakfast is paid.[1] You hand in receipts.[2]", "Hand in receipts within 30 days."),
        ("The number of retries is 3 [2].", "retries: 3"),
        ("```yaml\ntimeout: 20\n```\n[2]", "timeout: 20"),
        ("A visa takes 12 days [2].", "| visa | 12 |"),
        ("Thus [2]. Something new. A visa, too [2].", "| visa | 12 |"),
    ],
)
def test_the_quote_is_what_the_citing_sentence_says(answer: str, quote: str) -> None:
    assert cited(answer)[-1].quote == quote


def test_where_the_answer_shares_no_word_with_its_passage_the_question_chooses_the_quote() -> None:
    assert cited("Vale a pena [1].", language="pt", question="breakfast?")[0].quote == "Breakfast is paid back."


def test_a_passage_of_nothing_but_a_heading_is_quoted_whole() -> None:
    checker = AnswerChecker((passage("## Only a heading\n"),))
    checker.feed("Yes [1]")
    checker.finish()
    assert checker.citations(Quoter(ANALYZER, "en", ""))[0].quote == "## Only a heading"


def test_without_a_valid_citation_there_is_none() -> None:
    assert cited("Trust me [9], `[1]`.") == ()


PIECES = st.sampled_from(
    [
        *"[]【】^,-–;†123459 \n`~\\!<>@#()|:./x",
        *("[1]", "[9]", "[1, 9]", "[ 9 ]", "【9†L1】", "passage ", "```", "\n```", "\n> ", "\n- ", "~~~", "``"),
        *("@everyone", "@here", "<!channel>", "<@U1>", "https://", "http", "www.", "evil.example/?d=1", "ftp:"),
        *("https://forms.example/travel?v=2", "](", "![", "]:", "\u200b", "\u202e", "\r\n", " word", "é"),
        *("every", "one", "x" * 301),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


@given(TEXTS, st.data())
def test_however_a_text_is_cut_the_same_comes_out(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=len(text) + 1)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert checked_in_pieces(pieces) == checked(text)
    assert checked_in_pieces(list(text)) == checked(text)


def without_code(markdown: str) -> str:
    """What a renderer takes for text: CommonMark's fences and code spans, told line by line."""
    shown, fence = [], ""
    for line in markdown.split("\n"):
        bare = re.sub(r"^(?:[ \t>]|[-*+][ \t]|\d{1,3}[.)][ \t])*", "", line)
        if fence:
            if re.fullmatch(rf"[ \t>]*{fence}{fence[0]}*[ \t]*", line):
                fence = ""
        elif opening := re.match(r"(`{3,})[^`]*$|(~{3,})", bare):
            fence = opening[1] or opening[2]
        else:
            shown.append(re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", " code ", line))
    return "\n".join(shown)


@given(TEXTS)
def test_whatever_is_written_nothing_forbidden_stands_outside_code(text: str) -> None:
    shown = without_code(checked(text))
    assert set(re.findall(r"[\[【［]\^?(\d{1,9})[\]】］]", shown)) <= {"1", "2", "3"}
    assert not re.search(r"\]\(|\]:|!\[|<[@!#]|https?://\S|www\.\w|@(?:everyone|here|channel)", shown)
    assert "`" not in shown


# Where fences end in lists, quotations and indented code, renderers differ.
INLINE = PIECES.filter(lambda piece: piece not in {"```", "\n```", "``", "~~~", "\n> ", "\n- "})


@given(st.lists(INLINE, max_size=40).map("".join))
def test_a_renderer_finds_neither_link_nor_image_nor_foreign_number(text: str) -> None:
    inline = [token for block in MARKDOWN.parse(checked(text)) for token in block.children or ()]
    assert not {"link_open", "image"} & {token.type for token in inline}
    for token in inline:
        if token.type == "text":
            assert not re.search(r"\[(?:0|[4-9]|\d\d+)\]|https?://\w", token.content)


@given(st.text())
def test_what_is_let_through_can_be_checked_again(text: str) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ud800-\udfff]", checked(text))


@given(TEXTS)
def test_every_quote_stands_in_its_passage(text: str) -> None:
    texts = {one.chunk.title: one.chunk.text for one in PASSAGES}
    for citation in cited(text + " cost [1][2, 3]"):
        assert citation.quote in texts[citation.title]


@given(TEXTS)
def test_no_mark_stands_in_what_is_spaced_and_nothing_but_spaces_changes(text: str) -> None:
    assert numbers_in(spaced(text), highest=9) == []
    assert spaced(text).replace(" ", "") == text.replace(" ", "")


def test_earlier_answers_lose_their_marks_and_keep_their_code() -> None:
    assert unmarked("Yes [1][2], `a[1]`【3】.\n```\nb[1]\n```\n[1]") == "Yes, `a[1]`.\n```\nb[1]\n```\n"
