"""The table in its place: opened, made where there is none, completed where its maker was killed half-way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rag.retrieval import schema

if TYPE_CHECKING:
    from lancedb import AsyncConnection, AsyncTable

# Making the table takes a fraction of a second; whoever takes longer than this hangs.
_CREATE_TIMEOUT_S = 60.0


def is_service(uri: str) -> bool:
    """Whether LanceDB's own service keeps the table: it does much on its own, and refuses to be told."""
    return uri.startswith("db://")


async def ready_table(connection: AsyncConnection) -> AsyncTable:
    """The table with all its indexes."""
    table = await _existing_table(connection)
    # The service builds indexes in the background and lists them when they are done.
    if table is not None and (is_service(connection.uri) or not await _missing_indexes(table)):
        return table
    # Makers take turns: of two at once, the second would write its empty table over the first one's.
    async with nullcontext() if "://" in connection.uri else _only_maker(Path(connection.uri)):
        table = await _existing_table(connection) or await connection.create_table(schema.TABLE, schema=schema.schema())
        await create_indexes(table, await _missing_indexes(table))
    return table


async def _existing_table(connection: AsyncConnection) -> AsyncTable | None:
    try:
        return await connection.open_table(schema.TABLE)
    except ValueError as error:
        # Asking for the tables' names instead would load the models that `lancedb_import` leaves out.
        if "not found" not in str(error).lower():
            raise
        return None


@asynccontextmanager
async def _only_maker(folder: Path) -> AsyncIterator[None]:
    from filelock import FileLock

    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    lock = FileLock(folder / "making.lock", thread_local=False)
    await asyncio.to_thread(lock.acquire, timeout=_CREATE_TIMEOUT_S)
    try:
        yield
    finally:
        lock.release()


async def _missing_indexes(table: AsyncTable) -> Collection[str]:
    """Columns that have no index yet."""
    indexed = {column for index in await table.list_indices() for column in index.columns}
    return [column for column in schema.INDEXED if column not in indexed]


async def create_indexes(table: AsyncTable, columns: Collection[str]) -> None:
    """Make the indexes of these columns, in place of those that they have."""
    from lancedb.index import FTS, Bitmap, BTree

    for column in columns:
        if column in schema.FULL_TEXT:
            # Positions cost 60 % more index and have crashed under churn (lance issue 7653); phrases are
            # looked at when ranking instead.
            config = FTS(language=schema.FULL_TEXT[column], with_position=False)
        else:
            config = BTree() if column in schema.BTREE else Bitmap()
        await table.create_index(column, config=config, replace=True)
