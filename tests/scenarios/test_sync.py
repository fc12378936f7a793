"""The index says what the files say, whatever the files are."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rag.errors import IngestBusy, IngestError, StateUnavailable
from rag.ingest.sync import Synchroniser, SyncSettings
from rag.model import DocumentSource, Scope, SyncProgress
from rag.state.syncs import SyncLog
from tests.fakes.books import no_database
from tests.scenarios.library import Library, open_library

DOCS = {
    "docs/budget.md": "# Budget\n\nThe daily budget stops the spending of a team at midnight.\n",
    "docs/guide/install.md": "# Installation\n\n## With pip\n\nInstall the wheel with pip, then start the server.\n",
    "docs/ferias.md": "# Férias\n\nCada pessoa tem trinta dias de férias por ano.\n",
}


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    monkeypatch.chdir(tmp_path)
    async with open_library(tmp_path) as library:
        library.write(DOCS)
        yield library


class TestWhatChanged:
    async def test_new_files_are_found_and_counted(self, library: Library) -> None:
        told: list[SyncProgress] = []
        report = await library.synchroniser().sync([DocumentSource(Path("docs"))], on_progress=told.append)
        assert (report.added, report.changed, report.removed, report.unchanged) == (3, 0, 0, 0)
        assert report.chunks == len(await library.chunks()) == 3
        assert [(progress.done, progress.total) for progress in told] == [(1, 3), (2, 3), (3, 3)]
        assert {progress.what for progress in told} == set(DOCS)
        assert (await library.sources("How do I install the wheel?"))[0] == "docs/guide/install.md"
        assert (await library.sources("Quantos dias de férias eu tenho?"))[0] == "docs/ferias.md"
        assert (await library.index.stats()).unindexed == 0

    async def test_unchanged_files_cost_nothing(self, library: Library) -> None:
        await library.sync()
        version = await library.index.version()
        report = await library.sync()
        assert (report.unchanged, report.added, report.changed, report.chunks) == (3, 0, 0, 0)
        assert await library.index.version() == version

    async def test_a_changed_file_is_replaced_and_its_old_text_found_no_more(self, library: Library) -> None:
        await library.sync()
        library.write({"docs/budget.md": "# Budget\n\nMoney is counted by accountants.\n"})
        report = await library.sync()
        assert (report.changed, report.unchanged, report.chunks) == (1, 2, 1)
        assert await library.sources("midnight spending") == []
        assert await library.sources("accountants") == ["docs/budget.md"]

    async def test_a_document_that_became_shorter_leaves_no_rest(self, library: Library) -> None:
        section = "## Section {0}\n\n" + "Words about zebra{0}. " * 60
        library.write({"docs/long.md": "# Long\n\n" + "\n\n".join(section.format(n) for n in range(5))})
        await library.sync()
        assert await library.sources("zebra4") == ["docs/long.md"]
        library.write({"docs/long.md": "# Long\n\n" + section.format(0)})
        await library.sync()
        assert await library.sources("zebra4") == []
        assert await library.sources("zebra0") == ["docs/long.md"]

    async def test_vanished_files_are_removed_also_from_folders_below(self, library: Library) -> None:
        await library.sync()
        (library.folder / "docs/guide/install.md").unlink()
        (library.folder / "docs/guide").rmdir()
        report = await library.sync()
        assert (report.removed, report.unchanged) == (1, 2)
        assert await library.sources("install the wheel") == []

    async def test_documents_of_other_folders_and_collections_stay(self, library: Library) -> None:
        library.write(
            {"handbook/rules.md": "# Rules\n\nNo shoes indoors.\n", "docs2/near.md": "# Near\n\nA neighbour.\n"}
        )
        await library.sync("handbook", "docs2")
        await library.sync("docs", collection="team")
        await library.sync("docs")
        for file in ("docs/budget.md", "docs/ferias.md"):
            (library.folder / file).unlink()
        report = await library.sync("docs")
        assert report.removed == 2
        assert await library.documents() == {
            ("default", "docs/guide/install.md"),
            ("default", "handbook/rules.md"),
            ("default", "docs2/near.md"),
            *(("team", name) for name in DOCS),
        }

    async def test_a_file_can_be_ingested_alone_and_again(self, library: Library) -> None:
        await library.sync()
        library.write({"docs/budget.md": "# Budget\n\nAccountants.\n", "docs/ferias.md": "# Férias\n\nNenhuma.\n"})
        report = await library.sync("docs/budget.md")
        assert (report.changed, report.removed, report.unchanged) == (1, 0, 0)
        assert await library.sources("trinta dias de férias") == ["docs/ferias.md"]

    async def test_the_same_file_in_two_collections_is_two_documents(self, library: Library) -> None:
        await library.sync("docs/budget.md", collection="one")
        await library.sync("docs/budget.md", collection="two")
        assert await library.documents() == {("one", "docs/budget.md"), ("two", "docs/budget.md")}
        for name in ("one", "two"):
            (passage,) = (await library.find("daily budget", Scope.of(name))).passages
            assert passage.chunk.collection == name

    async def test_overlapping_sources_take_a_file_once_as_the_first_says(self, library: Library) -> None:
        sources = [
            DocumentSource(Path("docs/guide"), url="https://guide.example"),
            DocumentSource(Path("docs"), url="https://docs.example"),
        ]
        report = await library.synchroniser().sync(sources)
        assert report.added == 3
        assert {chunk.link for chunk in await library.chunks() if "install" in chunk.source} == {
            "https://guide.example/install.md#with-pip"
        }
        assert await library.synchroniser().is_current(sources)

    async def test_a_folder_named_from_below_is_the_same_folder(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(library.folder / "docs")
        await library.synchroniser().sync([DocumentSource(Path())])
        (library.folder / "docs/budget.md").unlink()
        report = await library.synchroniser().sync([DocumentSource(Path(".."))])
        assert (report.removed, report.unchanged) == (1, 2)


class TestSettings:
    async def test_another_chunk_size_cuts_all_documents_anew(self, library: Library) -> None:
        library.write({"docs/long.md": "# Long\n\n" + "\n\n".join(f"Paragraph {n} " + "word " * 50 for n in range(8))})
        first = await library.sync()
        smaller = SyncSettings(chunk_chars=400, chunk_overlap_chars=50)
        report = await library.synchroniser(settings=smaller).sync([DocumentSource(Path("docs"))])
        assert report.changed == 4
        assert report.chunks > first.chunks
        assert report.chunks == len(await library.chunks())

    @pytest.mark.parametrize(
        ("url", "link"),
        [
            ("https://docs.example/", "https://docs.example/guide/install.md#with-pip"),
            ("https://docs.example/{stem}/", "https://docs.example/guide/install/#with-pip"),
            (
                "https://git.example/blob/{path}?plain=1",
                "https://git.example/blob/guide/install.md?plain=1#with-pip",
            ),
        ],
    )
    async def test_another_url_links_anew(self, library: Library, url: str, link: str) -> None:
        await library.sync()
        report = await library.sync(url=url)
        assert report.changed == 3
        assert link in {chunk.link for chunk in await library.chunks()}
        assert (await library.sync(url=url)).unchanged == 3

    async def test_a_link_holds_whatever_the_file_is_called(self, library: Library) -> None:
        library.write({"odd/what now? #1 é.md": "Some text.\n"})
        await library.sync("odd", url="https://docs.example")
        (chunk,) = await library.chunks()
        assert chunk.link == "https://docs.example/what%20now%3F%20%231%20%C3%A9.md"
        assert chunk.source == "odd/what now? #1 é.md"

    async def test_the_link_of_a_single_file_ends_in_its_name(self, library: Library) -> None:
        await library.sync("docs/guide/install.md", url="https://docs.example")
        (chunk,) = await library.chunks()
        assert chunk.link.startswith("https://docs.example/install.md")


class TestUnreadable:
    async def test_each_is_told_with_its_reason_and_stops_no_other(self, library: Library) -> None:
        library.write(
            {
                "docs/empty.md": "",
                "docs/blank.md": " \n\t\n",
                "docs/headings.md": "---\ntitle: Nothing\n---\n",
                "docs/binary.md": bytes(range(256)) * 40,
                "docs/picture.png": b"\x89PNG",
                "docs/huge.md": "word " * 3_000,
                "docs/noext": "what am I",
            }
        )
        os.mkfifo(library.folder / "docs/pipe.md")
        (library.folder / "docs/dangling.md").symlink_to("nowhere.md")
        (library.folder / "docs/circle.md").symlink_to("circle.md")
        (library.folder / "docs/loop").symlink_to(library.folder)
        (library.folder / "docs/second.md").symlink_to("budget.md")
        settings = SyncSettings(max_file_bytes=12_000)
        report = await library.synchroniser(settings=settings).sync([DocumentSource(Path("docs"))])
        assert {Path(skip.source).name: skip.reason for skip in report.skipped if skip.source != "."} == {
            "empty.md": "is empty",
            "blank.md": "is empty",
            "headings.md": "has no text",
            "binary.md": "looks like a binary file",
            "picture.png": "no loader for .png",
            "huge.md": "is too large: 15,000 bytes, the limit is 12,000",
            "noext": "no loader for its kind of file",
            "pipe.md": "is not a regular file",
            "dangling.md": "is a link that leads nowhere",
            "circle.md": "is a link that leads nowhere",
            "second.md": "is a link to another of the files",
        }
        assert [skip.reason for skip in report.skipped if skip.source == "."] == ["is a link to a folder"]
        assert {name for _, name in await library.documents()} == set(DOCS)

    @pytest.mark.parametrize(
        "name", ["line\nbreak.md", "🙂.md", 'it\'s "quoted" \\ here.md', f"{'n' * 252}.md", "'; --.md"]
    )
    async def test_a_file_may_be_called_anything(self, library: Library, name: str) -> None:
        library.write({f"docs/{name}": "# Odd\n\nAn odd xylophone.\n"})
        assert (await library.sync()).added == 4
        assert await library.sources("xylophone") == [f"docs/{name}"]
        (library.folder / "docs" / name).unlink()
        assert (await library.sync()).removed == 1
        assert await library.sources("xylophone") == []

    async def test_a_name_that_is_no_text_is_told_and_stops_no_other(self, library: Library) -> None:
        with open(os.fsencode(library.folder) + b"/docs/caf\xe9.md", "wb") as file:  # noqa: PTH123, ASYNC230
            file.write(b"# Text\n")
        report = await library.sync()
        assert report.added == 3
        assert [(skip.source, skip.reason) for skip in report.skipped] == [
            ("docs/caf\N{REPLACEMENT CHARACTER}.md", "has a name that is not UTF-8")
        ]

    async def test_text_in_other_encodings_is_read(self, library: Library) -> None:
        library.write(
            {"docs/old.txt": "Orçamento diário".encode("cp1252"), "docs/wide.txt": "Zoológico".encode("utf-16")}
        )
        assert (await library.sync()).skipped == ()
        assert await library.sources("zoologico") == ["docs/wide.txt"]
        assert (await library.sources("orcamento diario"))[0] == "docs/old.txt"

    async def test_a_folder_called_like_a_file_is_a_folder(self, library: Library) -> None:
        library.write({"docs/notes.md/inner.md": "# Inner\n\nA xylophone.\n"})
        assert (await library.sync()).skipped == ()
        assert await library.sources("xylophone") == ["docs/notes.md/inner.md"]

    async def test_a_document_that_became_unreadable_is_found_no_more(self, library: Library) -> None:
        await library.sync()
        library.write({"docs/budget.md": b"\0\1\2" * 100})
        report = await library.sync()
        assert (report.removed, report.unchanged) == (1, 2)
        assert [skip.source for skip in report.skipped] == ["docs/budget.md"]
        assert await library.sources("midnight spending") == []
        again = await library.sync()
        assert (again.removed, len(again.skipped)) == (0, 1)

    async def test_a_folder_that_cannot_be_listed_loses_nothing(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await library.sync()
        listing = os.scandir

        def refuse_guide(folder: str) -> object:
            if str(folder).endswith("guide"):
                raise PermissionError(13, "Permission denied", str(folder))
            return listing(folder)

        monkeypatch.setattr(os, "scandir", refuse_guide)  # the suite may run as root, whom no right stops
        report = await library.sync()
        assert (report.removed, report.unchanged) == (0, 2)
        assert [(skip.source, skip.reason) for skip in report.skipped] == [
            ("docs/guide", "cannot be listed: Permission denied")
        ]
        assert await library.sources("install the wheel") == ["docs/guide/install.md"]

    async def test_a_file_that_cannot_be_read_for_now_keeps_what_it_said(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await library.sync()
        reading = Path.read_bytes

        def fail(file: Path) -> bytes:
            if file.name == "budget.md":
                raise OSError(5, "Input/output error")
            return reading(file)

        monkeypatch.setattr(Path, "read_bytes", fail)
        report = await library.sync()
        assert (report.removed, report.unchanged) == (0, 2)
        assert [(skip.source, skip.reason) for skip in report.skipped] == [("docs/budget.md", "Input/output error")]
        assert await library.sources("midnight spending") == ["docs/budget.md"]
        assert await library.synchroniser().is_current([DocumentSource(Path("docs"))])

    async def test_what_tools_fill_and_hide_is_left_out(self, library: Library) -> None:
        library.write({f"docs/{folder}/x.md": "# X\n\nxylophone\n" for folder in (".git", "node_modules", "venv")})
        library.write({"docs/.hidden.md": "xylophone"})
        report = await library.sync()
        assert (report.added, report.skipped) == (3, ())

    async def test_a_link_to_a_file_elsewhere_is_read_and_removed_with_its_link(self, library: Library) -> None:
        library.write({"elsewhere/real.md": "# Real\n\nA xylophone.\n"})
        (library.folder / "docs/linked.md").symlink_to(library.folder / "elsewhere/real.md")
        await library.sync()
        assert await library.sources("xylophone") == ["docs/linked.md"]
        (library.folder / "docs/linked.md").unlink()
        assert (await library.sync()).removed == 1


class TestWrongUse:
    async def test_a_wrong_path_changes_nothing_and_is_named(self, library: Library) -> None:
        version = await library.index.version()
        with pytest.raises(IngestError, match=r"there is no file or folder .*typo"):
            await library.sync("docs", "typo")
        with pytest.raises(IngestError, match="there is no file or folder"):
            await library.sync("n" * 300)
        assert await library.index.version() == version
        assert await library.documents() == set()

    @pytest.mark.parametrize("name", ["", "two words", "x' OR '1'='1", "-x", "n" * 65, "é"])
    async def test_a_name_that_no_collection_can_have_is_refused(self, library: Library, name: str) -> None:
        with pytest.raises(IngestError, match="cannot be a collection's name"):
            await library.sync("docs", collection=name)

    async def test_no_path_and_paths_of_two_collections_are_refused(self, library: Library) -> None:
        with pytest.raises(IngestError, match="no file or folder"):
            await library.synchroniser().sync([])
        with pytest.raises(IngestError, match="these are 2: one, two"):
            await library.synchroniser().sync([DocumentSource(Path("docs"), name) for name in ("one", "two")])


class TestTurns:
    async def test_a_second_ingestion_waits_is_told_so_once_and_gives_up(self, library: Library) -> None:
        told: list[str] = []
        impatient = library.synchroniser(settings=SyncSettings(lock_timeout_s=3))
        async with library.database.exclusive("ingest", timeout_s=0):
            with pytest.raises(IngestBusy, match="for 3 s"):
                await impatient.sync([DocumentSource(Path("docs"))], on_wait=lambda: told.append("waiting"))
            with pytest.raises(IngestBusy):
                await impatient.remove_collection("default")
        assert told == ["waiting"]
        assert sum(library.clock.slept) == pytest.approx(6, abs=0.3)
        assert await library.documents() == set()
        assert (await library.sync()).added == 3

    async def test_without_the_state_database_nothing_is_changed(self, library: Library) -> None:
        database = no_database("no such disk")
        synchroniser = Synchroniser(library.index, database, None, library.clock, SyncSettings())
        with pytest.raises(StateUnavailable, match="no such disk"):
            await synchroniser.sync([DocumentSource(Path("docs"))])
        assert await library.documents() == set()

    async def test_every_synchronisation_is_noted(self, library: Library) -> None:
        await library.sync()
        (noted,) = await SyncLog(library.database, library.clock).all()
        assert (noted.collection, noted.added, noted.finished_at) == ("default", 3, library.clock.now())


class TestRemoving:
    async def test_a_collection_is_forgotten_whole_and_alone(self, library: Library) -> None:
        await library.sync(collection="one")
        await library.sync(collection="two")
        assert await library.synchroniser().remove_collection("one") == 3
        assert {collection for collection, _ in await library.documents()} == {"two"}
        assert [sync.collection for sync in await SyncLog(library.database, library.clock).all()] == ["two"]
        assert (await library.sync(collection="one")).added == 3

    async def test_a_collection_that_is_not_there_is_no_error(self, library: Library) -> None:
        assert await library.synchroniser().remove_collection("unknown") == 0


class TestIsCurrent:
    async def test_it_is_current_after_a_sync_and_no_more_after_any_change(self, library: Library) -> None:
        sources = [DocumentSource(library.folder / "docs")]
        current = library.synchroniser().is_current
        assert not await current(sources)
        await library.sync()
        assert await current(sources)
        library.write({"docs/new.md": "# New\n\nText.\n"})
        assert not await current(sources)
        (library.folder / "docs/new.md").unlink()
        library.write({"docs/budget.md": "# Budget\n\nOther.\n"})
        assert not await current(sources)
        library.write(DOCS)
        assert await current(sources)
        (library.folder / "docs/ferias.md").unlink()
        assert not await current(sources)

    async def test_files_that_cannot_be_read_and_documents_of_other_folders_change_nothing(
        self, library: Library
    ) -> None:
        library.write({"docs/broken.md": b"\0", "handbook/rules.md": "# Rules\n\nNone.\n"})
        await library.sync("handbook")
        await library.sync()
        assert await library.synchroniser().is_current([DocumentSource(library.folder / "docs")])
