from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rag.language import Analyzer
from rag.model import Chunk, Citation, Language, Passage
from rag.ports import AnswerRequest, Completion, TextDelta
from rag.providers.extractive import ExtractiveProvider

ANALYZER = Analyzer()


def passage(text: str, *, title: str = "Guide", headings: tuple[str, ...] = (), score: float = 10.0) -> Passage:
    chunk = Chunk(
        id=f"{title}-{text[:20]}",
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
    return Passage(chunk, score=score, text_score=score)


async def answer(question: str, *passages: Passage, language: Language = "en") -> tuple[str, tuple[Citation, ...]]:
    weights = dict.fromkeys(ANALYZER.terms(question, language), 1.0)
    provider = ExtractiveProvider(ANALYZER)
    text = ""
    async for event in provider.stream(AnswerRequest(question, language, passages, weights)):
        if isinstance(event, TextDelta):
            text += event.text
        else:
            assert isinstance(event, Completion)
            assert event.model is None
            assert event.reason == "no_model_configured"
            return text, event.citations
    raise AssertionError("no completion")


async def test_it_quotes_the_sentence_that_answers_and_cites_it() -> None:
    text, citations = await answer(
        "How do I set a daily budget?",
        passage("## Budgets\nSet the daily budget with `daily_budget` in the file.", headings=("Money",)),
    )
    assert text == "> Set the daily budget with `daily_budget` in the file. [1]"
    assert citations == (
        Citation(
            n=1,
            title="Guide",
            heading="Money",
            source="Guide.md",
            link="Guide.md#there",
            quote="Set the daily budget with `daily_budget` in the file.",
        ),
    )


async def test_what_a_sentence_introduces_is_quoted_with_it() -> None:
    text, _ = await answer("how to install", passage("Install it with:\n\n```sh\npip install ragbot\n```"))
    assert text == "> Install it with:\n>\n> ```sh\n> pip install ragbot\n> ```\n>\n> [1]"


async def test_what_was_indented_where_it_stood_is_not_indented_in_the_answer() -> None:
    text, citations = await answer("install", passage("    Install it:\n\n    ```sh\n    pip install\n    ```"))
    assert text == "> Install it:\n>\n> ```sh\n> pip install\n> ```\n>\n> [1]"
    assert citations[0].quote == "Install it:\n\n    ```sh\n    pip install"


async def test_a_fence_that_the_chunker_may_have_added_is_no_part_of_the_quotation() -> None:
    text, citations = await answer("pip install", passage("```sh\npip install one\n\npip install two\n```"))
    assert text == "> ```sh\n> pip install one\n>\n> pip install two\n> ```\n>\n> [1]"
    assert citations[0].quote == "pip install one\n\npip install two"


async def test_code_in_the_middle_of_a_passage_is_quoted_with_its_fences() -> None:
    _, citations = await answer("pip install", passage("Do pip install:\n\n```\npip install\n```\n\nDone."))
    assert citations[0].quote == "Do pip install:\n\n```\npip install\n```\n\nDone."


async def test_a_quoted_row_comes_with_the_header_of_its_table() -> None:
    rows = "\n".join(f"| setting {n} | nothing to see at all here |" for n in range(30))
    text, citations = await answer(
        "timeout unit", passage(f"| key | unit |\n| --- | --- |\n{rows}\n| timeout | seconds, its unit |")
    )
    assert text.startswith("> | key | unit |\n> | --- | --- |\n")
    assert "| timeout | seconds, its unit |" in text
    assert text.endswith("\n>\n> [1]")
    assert citations[0].quote.endswith("| timeout | seconds, its unit |")


async def test_a_long_section_is_not_quoted_whole() -> None:
    filler = "Nothing of interest stands here. " * 60
    text, _ = await answer("daily budget", passage(f"{filler}The daily budget is 25 dollars. {filler}"))
    assert "The daily budget is 25 dollars." in text
    assert len(text) < 800


async def test_several_documents_that_answer_are_all_cited_best_first() -> None:
    _, citations = await answer(
        "daily budget",
        passage("The daily budget is set here.", title="First", score=10),
        passage("A daily budget warns at 80 %.", title="Second", score=9),
    )
    assert [(citation.n, citation.title) for citation in citations] == [(1, "First"), (2, "Second")]


async def test_a_copied_paragraph_is_quoted_once() -> None:
    sentence = "The daily budget is set in the file."
    _, citations = await answer(
        "daily budget", passage(sentence, title="One"), passage(sentence, title="Copy", score=9)
    )
    assert [citation.title for citation in citations] == ["One"]


async def test_overlapping_chunks_of_one_document_are_quoted_once() -> None:
    _, citations = await answer(
        "daily budget file",
        passage("The daily budget is set in the file. It holds all day long."),
        passage("Before that. The daily budget is set in the file.", score=9),
    )
    assert len(citations) == 1


async def test_a_passage_that_hardly_answers_is_left_out() -> None:
    _, citations = await answer(
        "daily budget of the channel",
        passage("The daily budget of the channel is 2 dollars.", title="Right"),
        passage("Every channel has members.", title="Wrong", score=2),
    )
    assert [citation.title for citation in citations] == ["Right"]


async def test_a_portuguese_question_finds_other_forms_of_its_words() -> None:
    _, citations = await answer(
        "como configurar orçamentos diários?",
        passage("Não é aqui.\n\nO orçamento diário é configurado no arquivo."),
        language="pt",
    )
    assert "O orçamento diário é configurado no arquivo." in citations[0].quote


async def test_a_passage_of_nothing_but_headings_is_not_quoted() -> None:
    text, citations = await answer("budget", passage("# Budget"))
    assert (text, citations) == ("", ())


async def test_without_passages_there_is_nothing_to_quote() -> None:
    assert await answer("budget") == ("", ())


TEXTS = st.lists(
    st.sampled_from(
        ["The budget is daily.", "- item one", "| a | b |", "| - | - |", "```", "", "## H", "Say:", "ação?"]
    ),
    min_size=1,
    max_size=15,
).map("\n".join)


@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4))
async def test_every_quotation_is_a_slice_of_its_passage_and_stands_in_the_answer(texts: list[str]) -> None:
    passages = [passage(text, title=f"T{n}", score=10 - n) for n, text in enumerate(texts)]
    text, citations = await answer("daily budget item", *passages)
    shown = "\n".join(line.removeprefix("> ").removeprefix(">") for line in text.splitlines())
    assert [citation.n for citation in citations] == list(range(1, len(citations) + 1))
    for citation in citations:
        source = texts[int(citation.title[1:])]
        assert citation.quote in source
        assert f"[{citation.n}]" in text
        for line in citation.quote.splitlines():
            assert line.strip() in shown
