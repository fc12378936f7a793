"""lancedb is loaded without what is never used, and works all the same."""

from __future__ import annotations

import subprocess
import sys

_HEAVY = "lance_namespace_urllib3_client"


def _run(program: str) -> list[str]:
    """The lines that a fresh interpreter prints; anything on its standard error is a failure."""
    child = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (child.returncode, child.stderr) == (0, "")
    return child.stdout.splitlines()


def test_the_heavy_part_is_left_out_until_it_is_used() -> None:
    loaded, real, known, fields, others = _run(f"""
import sys
from rag.retrieval.lancedb_import import import_lancedb

lancedb = import_lancedb()
# A stand-in comes from no file.
print([name for name, module in sys.modules.items() if name.startswith("{_HEAVY}") and hasattr(module, "__file__")])
from lance_namespace import CreateTableRequest

request = CreateTableRequest(id=["documents"])
print(type(request).__module__)
print(isinstance(request, CreateTableRequest), isinstance("text", CreateTableRequest))
print("id" in CreateTableRequest.model_fields)
print(import_lancedb() is lancedb, "overrides" in sys.modules)
""")
    assert loaded == "[]"
    assert real == f"{_HEAVY}.models.create_table_request"
    assert known == "True False"
    assert fields == "True"
    assert others == "True False"


def test_a_version_that_is_not_known_is_imported_plainly() -> None:
    (loaded,) = _run(f"""
import importlib.metadata, sys
from rag.retrieval.lancedb_import import import_lancedb

version = importlib.metadata.version
importlib.metadata.version = lambda name: "0.41.0" if name == "lancedb" else version(name)
assert import_lancedb().connect_async
print(sum(name.startswith("{_HEAVY}.models.") for name in sys.modules) > 100)
""")
    assert loaded == "True"


def test_once_imported_by_others_it_is_taken_as_it_is() -> None:
    assert _run("""
import lancedb
from rag.retrieval.lancedb_import import import_lancedb
print(import_lancedb() is lancedb)
""") == ["True"]


def test_its_notices_stay_off_the_terminal() -> None:
    printed = _run("""
import asyncio, shutil, tempfile
from pathlib import Path
from rag.errors import IndexUnavailable
from rag.model import EVERYTHING
from rag.retrieval.lance import LanceIndex

async def damage(folder):
    index = await LanceIndex.open(folder)
    shutil.rmtree(Path(folder, "chunks.lance/_indices"))
    again = await LanceIndex.open(folder)
    await again.optimize()
    try:
        await again.search_text("word", EVERYTHING, 1)
    except IndexUnavailable:
        print("told")

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(damage(folder))
""")
    assert printed == ["told"]
