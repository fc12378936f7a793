from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from rag.errors import UnreadableDocument
from rag.ingest.loaders import LOADERS, loader_for
from rag.model import ParsedDocument


def load(name: str, text: str) -> ParsedDocument:
    loader = loader_for(name)
    assert loader is not None
    return loader(dedent(text).encode(), name)


def parts(name: str, text: str) -> list[tuple[str, str]]:
    """Kind and text of every block; a heading's kind is `h1#anchor`."""
    return [
        (f"h{block.level}#{block.anchor}" if block.level else block.kind, block.text)
        for block in load(name, text).blocks
    ]


def test_no_format_is_paid_for_before_its_first_file() -> None:
    script = (
        "import sys, rag.ingest.loaders; print([m for m in ('markdown_it', 'selectolax', 'yaml') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert ".md" in LOADERS


class TestMarkdown:
    def test_blocks_are_exact_slices_of_the_source(self) -> None:
        source = """\
            Intro *with* [link](x)
            on two lines.

            * one
              * inner

            * two

            ```python
            # no heading

            x = 1
            ```

            | a | b |
            |---|---|
            | 1 | 2 |

            > quoted
            > text

                indented code

            ---

            [ref]: https://example.com
            """
        assert parts("a.md", source) == [
            ("paragraph", "Intro *with* [link](x)\non two lines."),
            ("list", "* one\n  * inner\n\n* two"),
            ("code", "```python\n# no heading\n\nx = 1\n```"),
            ("table", "| a | b |\n|---|---|\n| 1 | 2 |"),
            ("paragraph", "> quoted\n> text"),
            ("code", "    indented code"),
        ]

    def test_headings_lose_their_markup_and_get_anchors_as_on_github(self) -> None:
        source = """\
            # Olá, *big* `World_1`! ![x](y)
            ## Same [link](u)
            ## Same link ##
            Setext
            two
            ------
            ## [ref] & <b>bold</b>

            [ref]: https://example.com
            """
        assert parts("a.md", source) == [
            ("h1#olá-big-world_1-x", "Olá, big World_1! x"),
            ("h2#same-link", "Same link"),
            ("h2#same-link-1", "Same link"),
            ("h2#setext-two", "Setext two"),
            ("h2#ref--bold", "ref & bold"),
        ]

    @pytest.mark.parametrize(
        "source",
        [
            "## Title {#the-id}",
            "## Title { #the-id .cls }",
            "## Title {: #the-id}",
            "## Title {/* #the-id */}",
            '## <a name="the-id"></a>Title',
            "## Title <a id='the-id'/>",
            '<a name="the-id"></a>\n## Title',
            '<a id="the-id"></a>\n\n## Title',
            "(the-id)=\n## Title",
            "Title {#the-id}\n---",
        ],
    )
    def test_explicit_anchors_are_taken_and_not_shown(self, source: str) -> None:
        assert parts("a.md", source) == [("h2#the-id", "Title")]

    def test_a_heading_without_text_is_none(self) -> None:
        assert parts("a.md", "#\n\ntext") == [("paragraph", "text")]

    def test_a_heading_of_a_thousand_characters_is_not_searched_for_markup(self) -> None:
        assert load("a.md", "# " + "*x* " * 400).blocks[0].text == ("*x* " * 400).strip()

    @pytest.mark.parametrize(
        ("front_matter", "title", "url"),
        [
            ('---\ntitle: "The: title"\npermalink: https://example.com/a\n---', "The: title", "https://example.com/a"),
            ("---\n# c\ntitle: >-\n  Two\n  lines\nurl: /relative/\n---", "Two lines", None),
            ("---\ntags: [broken\ntitle: Kept\n---", "Kept", None),
            ("---\ntitle: [a, b]\nurl: http://example.com\n---", "Heading", "http://example.com"),
            ("---\ntitle: 'unclosed\n---", "Heading", None),
            ("---\ntitle: 2024\n---", "2024", None),
            ("---\n---", "Heading", None),
            ('+++\ntitle = "TOML"\n[params]\nx = 1\n+++', "TOML", None),
            ("+++\ntitle = broken\n+++", "Heading", None),
        ],
    )
    def test_front_matter_tells_title_and_address_and_is_no_block(
        self, front_matter: str, title: str, url: str | None
    ) -> None:
        document = load("a.md", front_matter + "\n# Heading\n\ntext")
        assert (document.title, document.url) == (title, url)
        assert [block.text for block in document.blocks] == ["Heading", "text"]

    @pytest.mark.parametrize("source", ["---\nJust some words\n\n---\n", "---\nkey: never closed\n"])
    def test_rules_around_text_are_no_front_matter(self, source: str) -> None:
        assert len(parts("a.md", source)) == 1

    def test_without_front_matter_the_first_heading_of_level_1_is_the_title(self) -> None:
        assert load("a.md", "## Two\n\n# One\n\n# Other").title == "One"
        assert load("a.md", "## Two").title is None

    def test_admonitions_of_mkdocs_are_prose_as_it_stands(self) -> None:
        source = """\
            !!! note "Title"
                Body of
                the note.

                ```python
                !!! note
                # comment
                ```

                ??? tip
                    Deeper.

            After.
            """
        assert parts("a.md", source) == [
            ("paragraph", "    Body of\n    the note."),
            ("code", "    ```python\n    !!! note\n    # comment\n    ```"),
            ("paragraph", "        Deeper."),
            ("paragraph", "After."),
        ]

    def test_a_fence_left_open_in_an_admonition_ends_with_it(self) -> None:
        source = "!!! note\n    ```\n    x\n\nAfter\n\n> [!TIP]\n> ```\n> y\n\n{% raw %}\n\nEnd"
        assert parts("a.md", source) == [
            ("code", "    ```\n    x"),
            ("paragraph", "After"),
            ("code", "> ```\n> y"),
            ("paragraph", "End"),
        ]

    def test_tabs_keep_their_bodies(self) -> None:
        source = """\
            === "One"

                Text

                * item

            === "Two"

            \tOther
            """
        assert parts("a.md", source) == [("paragraph", "    Text"), ("list", "    * item"), ("paragraph", "\tOther")]

    def test_marked_and_quoted_admonitions_are_prose(self) -> None:
        source = """\
            /// tip | Title

            With slashes.

            ///

            :::note[Title]
            With colons.
            :::

            > [!NOTE]
            > Quoted:
            >
            > ```sh
            > run
            > ```
            After.
            """
        assert parts("a.md", source) == [
            ("paragraph", "With slashes."),
            ("paragraph", "With colons."),
            ("paragraph", "> Quoted:"),
            ("code", "> ```sh\n> run\n> ```"),
            ("paragraph", "After."),
        ]

    def test_what_is_for_machines_is_dropped(self) -> None:
        source = """\
            import Tabs from '@theme/Tabs';
            import {
              a,
            } from 'b';

            export const x = 1;

            {{< figure src="x.png" >}}
            {% include "x" %}
            {* ../../docs_src/a.py hl[1:2] *}

            <!-- a
            comment -->

            <Tabs groupId="x"><TabItem value="a">

            Kept text.

            </TabItem></Tabs>

            <script>
            run()
            </script>

            <summary>Also kept</summary>

            [TOC]
            """
        assert [text for _, text in parts("a.mdx", source)] == ["Kept text.", "<summary>Also kept</summary>"]

    def test_markers_in_code_are_code(self) -> None:
        source = "~~~~\n{{< x >}}\n~~~\n:::note\n~~~~\n\n``` not `a` fence\n\n- ```\n  {% raw %}\n  ```\n"
        assert parts("a.md", source) == [
            ("code", "~~~~\n{{< x >}}\n~~~\n:::note\n~~~~"),
            ("paragraph", "``` not `a` fence"),
            ("list", "- ```\n  {% raw %}\n  ```"),
        ]


class TestPlainText:
    def test_paragraphs_are_separated_by_blank_lines(self) -> None:
        assert parts("a.txt", "\none\ntwo  \n \n\n  three\n") == [("paragraph", "one\ntwo"), ("paragraph", "  three")]

    @pytest.mark.parametrize("line", ["=====", "-----"])
    def test_an_underlined_first_line_is_the_title(self, line: str) -> None:
        document = load("README", f"Title\n{line}\ntext\n\nOther\n{line}\n")
        assert document.title == "Title"
        assert [block.text for block in document.blocks] == ["Title", "text", f"Other\n{line}"]

    def test_capitals_are_no_heading(self) -> None:
        document = load("LICENSE", "TERMS\n\ntext")
        assert document.title is None
        assert [block.kind for block in document.blocks] == ["paragraph", "paragraph"]


class TestReStructuredText:
    def test_titles_have_levels_in_order_of_appearance_and_labels_as_anchors(self) -> None:
        source = """\
            .. _The Top:

            =====
            Title
            =====

            First Part
            ==========
            Below
            -----
            .. _other:
            .. _label-2:

            ``Second`` Part
            ===============
            """
        assert load("a.rst", source).title == "Title"
        assert parts("a.rst", source) == [
            ("h1#the-top", "Title"),
            ("h2#first-part", "First Part"),
            ("h3#below", "Below"),
            ("h2#label-2", "Second Part"),
        ]

    def test_a_label_before_text_is_no_heading_s_anchor(self) -> None:
        assert parts("a.rst", ".. _x:\n\ntext\n\nTitle\n=====\n") == [("paragraph", "text"), ("h1#title", "Title")]

    def test_blocks_are_exact_slices_of_the_source(self) -> None:
        source = """\
            Text with :ref:`a role` that
            announces::

                literal

                text

            - item
              goes on

            - other
            Then text.

            ::

              lone literal

            >>> 1 + 1
            2

            .. [1] A footnote.
            """
        assert parts("a.rst", source) == [
            ("paragraph", "Text with :ref:`a role` that\nannounces::"),
            ("code", "    literal\n\n    text"),
            ("list", "- item\n  goes on\n\n- other"),
            ("paragraph", "Then text."),
            ("code", "  lone literal"),
            ("code", ">>> 1 + 1\n2"),
            ("paragraph", ".. [1] A footnote."),
        ]

    def test_directives_give_what_a_reader_sees(self) -> None:
        source = """\
            .. note:: Begins here
               and goes on.

               .. tip::

                  Deeper.

            .. code-block:: python
               :linenos:

               x = 1

            .. figure:: x.png
               :alt: y

               Caption.

            .. py:function:: f(a)
               :noindex:

               Does it.

            .. versionadded:: 1.2
               Text.

            .. csv-table::
               :header: a

               1, 2

            .. toctree::
               page

            .. _target: https://example.com
            .. |sub| replace:: text
            .. a comment
               of two lines

            ..
               another

            __ https://example.com
            """
        assert parts("a.rst", source) == [
            ("paragraph", "Begins here\n   and goes on."),
            ("paragraph", "      Deeper."),
            ("code", "   x = 1"),
            ("paragraph", "   Caption."),
            ("paragraph", ".. py:function:: f(a)"),
            ("paragraph", "   Does it."),
            ("paragraph", ".. versionadded:: 1.2\n   Text."),
            ("table", "   1, 2"),
        ]

    def test_tables_are_whole(self) -> None:
        grid = "+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n+---+---+"
        simple = "===  ===\na    b\n===  ===\n1    2\n\n3    4\n===  ==="
        assert parts("a.rst", f"{grid}\n\n{simple}\n\ntext") == [
            ("table", grid),
            ("table", simple),
            ("paragraph", "text"),
        ]

    def test_a_table_that_is_never_closed_ends_at_the_blank_line(self) -> None:
        assert parts("a.rst", "==  ==\na   b\n\ntext") == [("table", "==  ==\na   b"), ("paragraph", "text")]

    @pytest.mark.parametrize(
        ("source", "texts"),
        [
            (":orphan:\n:author: x\n\ntext", ["text"]),
            ("one\n\n----\n\ntwo", ["one", "two"]),
            ("a longer title\n---\n", ["a longer title\n---"]),
            ("=====\ntext\n-----\n", ["=====\ntext\n-----"]),
            ("text\n\n====", ["text"]),
        ],
    )
    def test_fields_and_transitions_are_no_text_and_short_lines_no_titles(self, source: str, texts: list[str]) -> None:
        assert [text for _, text in parts("a.rst", source)] == texts


class TestHtml:
    def test_a_page_is_read_as_its_reader_sees_it(self) -> None:
        source = """\
            <html><head><title>The &amp; page</title><link rel=canonical href=https://example.com/p></head><body>
            <header>Site</header><nav>Menu</nav>
            <main>
            <header><h1 id=top>The <code>page</code><a class=headerlink href=#top>¶</a></h1></header>
            <p>Some <b>bold</b>
               text.<br>New line.<!-- no --></p>
            <div hidden>hidden</div><span aria-hidden=true>x</span>
            <section id=part><h2>Part</h2>Loose text</section>
            <h2><a id=inner></a>Inner</h2>
            <a name=before></a><h2>Before</h2>
            <script>run()</script>
            </main><footer>(c)</footer></body></html>
            """
        document = load("a.html", source)
        assert (document.title, document.url) == ("The & page", "https://example.com/p")
        assert parts("a.html", source) == [
            ("h1#top", "The page"),
            ("paragraph", "Some bold text.\nNew line."),
            ("h2#part", "Part"),
            ("paragraph", "Loose text"),
            ("h2#inner", "Inner"),
            ("h2#before", "Before"),
        ]

    def test_lists_are_lines_of_items(self) -> None:
        source = """\
            <ul><li>one <i>two</i><ol><li>a<li>b</ol></li><li><p>three</p><p>four</p><pre>x
              y</pre></li><li><h3>five</h3></li></ul>
            """
        text = "- one two\n  1. a\n  2. b\n- three\n  four\n  ```\n  x\n    y\n  ```\n- five"
        assert parts("a.html", source) == [("list", dedent(text))]

    def test_an_item_without_a_list_is_a_paragraph(self) -> None:
        assert parts("a.html", "<li>alone</li>") == [("paragraph", "alone")]

    def test_code_is_fenced_with_its_language_and_white_space(self) -> None:
        source = "<pre><code class='language-py'>\nif x:\n    y = '```'\n</code></pre><pre> </pre>"
        assert parts("a.html", source) == [("code", "````py\nif x:\n    y = '```'\n````")]

    def test_tables_are_markdown(self) -> None:
        source = "<table><tr><th>A</th><th>B|C</th></tr><tr><td>1<br>2</td></tr><tr></tr></table><table></table>"
        assert parts("a.html", source) == [("table", "| A | B\\|C |\n| --- | --- |\n| 1 2 |  |")]

    def test_a_table_for_the_layout_is_read_through(self) -> None:
        source = "<table><tr><td><p>text</p><table><tr><td>inner</td></tr></table></td></tr></table>"
        assert parts("a.html", source) == [("paragraph", "text"), ("table", "| inner |\n| --- |")]

    def test_the_title_is_the_first_heading_where_the_page_has_none(self) -> None:
        assert load("a.html", "<h1>Heading</h1>").title == "Heading"
        assert load("a.html", "<p>text").title is None

    def test_a_relative_address_is_none(self) -> None:
        assert load("a.html", "<link rel=canonical href=/x><p>text").url is None

    def test_a_page_without_text_is_unreadable(self) -> None:
        with pytest.raises(UnreadableDocument, match="shows no text"):
            load("a.html", "<script>x</script>")

    def test_a_page_nested_without_end_is_refused_at_once(self) -> None:
        with pytest.raises(UnreadableDocument, match="nested too deeply"):
            load("a.html", "<div>" * 100_000)


class TestCode:
    def test_definitions_are_whole_and_named_by_headings(self) -> None:
        source = '''\
            #!/usr/bin/env python
            """What it is.

            More.
            """

            import os

            # About it.
            @decorated
            class Thing(Base):
                x = 1

                def method(self): ...

            async def run():
                return """
            text

            in the margin
            """
            '''
        document = load("dir/thing.py", source)
        assert document.title == "thing.py"
        assert parts("thing.py", source) == [
            ("paragraph", '#!/usr/bin/env python\n"""What it is.\n\nMore.\n"""'),
            ("code", "import os"),
            ("h2#", "class Thing"),
            ("code", "# About it.\n@decorated\nclass Thing(Base):\n    x = 1\n\n    def method(self): ..."),
            ("h2#", "def run"),
            ("code", 'async def run():\n    return """\ntext\n\nin the margin\n"""'),
        ]

    @pytest.mark.parametrize(
        ("name", "line", "heading"),
        [
            ("a.js", "export default function main() {", "function main"),
            ("a.ts", "export interface Props {", "interface Props"),
            ("a.go", "func (s *Server) Listen() error {", "func Listen"),
            ("a.rs", "pub(crate) fn read() -> u8 {", "fn read"),
            ("A.java", "public final class A {", "class A"),
        ],
    )
    def test_definitions_of_many_languages_are_found(self, name: str, line: str, heading: str) -> None:
        source = f"// About the file.\n\n{line}\n  x\n\n}}\n"
        assert parts(name, source) == [
            ("paragraph", "// About the file."),
            ("h2#", heading),
            ("code", f"{line}\n  x\n\n}}"),
        ]

    @pytest.mark.parametrize(
        ("name", "source", "expected"),
        [
            ("a.yaml", "# c\na: 1\nb:\n  c: 2\nd:\n- 1\ne: 3\n", ["# c\na: 1\nb:\n  c: 2", "d:\n- 1\ne: 3"]),
            ("a.ini", "[a]\nx = 1\n\n[b]\ny = 2\n", ["[a]\nx = 1", "[b]\ny = 2"]),
            ("a.json", '{\n  "a": {\n    "b": 1\n  },\n  "c": 2\n}', ['{\n  "a": {\n    "b": 1\n  },', '  "c": 2\n}']),
            ("a.json", '{"a": 1}', ['{"a": 1}']),
        ],
    )
    def test_configuration_is_cut_at_its_outermost_keys(self, name: str, source: str, expected: list[str]) -> None:
        assert parts(name, source) == [("code", text) for text in expected]
