"""A process that makes the report of a month.

`python -m tests.benchmarks.reporting URL` prints as JSON what it took, and what the report says.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from time import perf_counter

from bot.access import Access
from bot.locales import phrases_in
from bot.reports import Reporter, report_card
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, Measure
from rag.settings import RagSettings
from rag.state import open_database
from tests.benchmarks.month import FIRST, LENGTH
from tests.fakes.clock import FakeClock

_POLICY = QuotaPolicy(kinds={"everything": {USD_PER_DAY: 50_000_000, Measure("usd", "month"): 800_000_000}})
_KB_PER_MB = 1_000
_KIB_PER_KB = 1.024
_LOCALES = ("en", "pt-BR")
_RESET_PEAK = "5"


async def _made(url: str) -> Mapping[str, object]:
    # At the end of its last day, so that the month leads somewhere.
    clock = FakeClock(FIRST + LENGTH)
    clock.wind(-1)
    with tempfile.TemporaryDirectory(prefix="ragbot-bench-") as folder:
        core = RagSettings.load(Path(folder), {"OPENAI_API_KEY": "x", "GEMINI_API_KEY": "x"})
    database = await open_database(url, clock)
    try:
        accounts = Accounts(Books(database, clock, _POLICY), database, clock, keep_days=400)
        reporter = Reporter(accounts, clock, core, Access())
        # What is loaded and remembered once for all is not this report's.
        await reporter.find("month", on=date(2020, 1, 1))
        gc.collect()
        before_mb = _resident_mb("VmRSS", resets=True)
        began = perf_counter()
        findings = await reporter.find("month")
        cards = [report_card(findings, phrases_in(locale)) for locale in _LOCALES]
        seconds = perf_counter() - began
        peak_mb = _resident_mb("VmHWM")
        report = findings.report
        return {
            "seconds": seconds,
            "grown_mb": None if before_mb is None or peak_mb is None else peak_mb - before_mb,
            "questions": report.totals.questions,
            "micro_usd": report.totals.micro_usd,
            "sums": {by: {row.key or "": row.micro_usd for row in rows} for by, rows in report.breakdowns.items()},
            "days": sum(day.micro_usd for day in report.days),
            "cards": [card.text for card in cards],
        }
    finally:
        await database.aclose()


def _resident_mb(name: str, *, resets: bool = False) -> float | None:
    """This process's memory, now (`VmRSS`) or at most (`VmHWM`); `None` where the system does not tell."""
    try:
        if resets:
            Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    (line,) = (line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) * _KIB_PER_KB / _KB_PER_MB


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    print(json.dumps(asyncio.run(_made(parser.parse_args().url))), flush=True)
