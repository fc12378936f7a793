"""The schema's history: numbered SQL files beside this one, applied in order, never changed once released.

They are written in what SQLite and PostgreSQL both read: `bigint`, `text` and `bytea` columns (SQLite keeps bytes as
they are in a column of any type), text keys made by the program, and every statement closed by `;` at a line's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        version: Number of the step, from 1 without gaps; the schema's version once it is applied.
    """

    version: int
    statements: tuple[str, ...]

    @classmethod
    def parse(cls, name: str, sql: str) -> Migration:
        """Read a file named `0001_what_it_does.sql`."""
        number, _, _ = name.partition("_")
        statements = (part.strip() for part in sql.split(";\n"))
        return cls(int(number), tuple(statement for statement in statements if statement))


def known_migrations() -> tuple[Migration, ...]:
    """Every migration of this program, oldest first."""
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".sql"))
    return tuple(Migration.parse(file.name, file.read_text("utf-8")) for file in sorted(files, key=lambda f: f.name))
