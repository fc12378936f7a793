"""`ragbot bench`: what ragbot costs on this machine, in seconds and megabytes."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from pathlib import Path

from bot.cli.parser import WrongUse

_BENCHMARKS = Path("tests", "benchmarks")


async def run(options: Namespace) -> int:
    """Run the benchmarks of the source checkout, in a process of their own."""
    if not await asyncio.to_thread(_BENCHMARKS.is_dir):
        raise WrongUse("run it in a checkout of ragbot, where the folder tests/benchmarks is")
    arguments = [*options.names, *(["--json"] if options.json else [])]
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.benchmarks", *arguments)
    return await child.wait()
