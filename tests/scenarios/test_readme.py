"""The README's program runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_program_of_the_readme_answers_from_the_guide(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    child = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        timeout=60,
    )
    assert child.stderr == ""
    assert "daily_budget: 25.00" in child.stdout
    assert re.search(r"^\[1\] Money: .*money\.md#how-do-i-set-a-daily-budget$", child.stdout, re.MULTILINE)


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
