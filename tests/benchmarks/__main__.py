"""`python -m tests.benchmarks [NAME...] [--json]`, which is `ragbot bench`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from bot.cli.output import print_json, print_table
from tests.benchmarks.benchmark import Plan, Report
from tests.benchmarks.registry import BENCHMARKS

_NUMBERS = ("chunks", "runs", "questions", "replicas")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks, or all of them: a table each, or one JSON object with all of them."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    plan = Plan(**{name: getattr(options, name) for name in _NUMBERS})
    reports = {}
    for name in options.names or BENCHMARKS:
        reports[name] = asyncio.run(_run(name, plan))
        if not options.json:
            _print(name, reports[name])
    if options.json:
        print_json({name: report.as_dict() for name, report in reports.items()})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure ragbot on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    for name in _NUMBERS:
        default = getattr(Plan(), name)
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help="default: %(default)s")
    return parser


async def _run(name: str, plan: Plan) -> Report:
    return await BENCHMARKS[name](plan, lambda doing: print(f"{name}: {doing}", file=sys.stderr, flush=True))


def _print(name: str, report: Report) -> None:
    print(f"\n{name}")
    if report.rows:
        print_table(report.header(), report.cells(), numeric=range(1, len(report.columns) + 1))
    for note in report.notes:
        print(f"· {note}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
