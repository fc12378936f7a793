"""Import lancedb without the part that embedded use never touches.

`import lancedb` 0.40 loads `lance_namespace_urllib3_client`, some 650 generated models of a remote catalogue's
REST interface: more than half of the import's time and a third of its memory (measured 2026-11: 1.8 s and
75 MB with them, 0.8 s and 49 MB without, on a busy 2-core machine). While lancedb is being imported that package
is replaced by stand-ins whose classes load the real ones the first time anything is done with them, so `db://`
and namespaces work as ever. Upstream made the same import lazy in pylance (lance PR 9273).

Before Python 3.12 lancedb has its methods' signatures compared with those they override, each time it is imported,
by the package `overrides` (another 0.25 s). Its own way on 3.12 and later is to leave that out, and it is used on
3.11 as well.

Any other version of lancedb is imported plainly: slower, never wrong.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_HEAVY = "lance_namespace_urllib3_client"
_KNOWN_VERSIONS = ("0.40.",)


class _DeferredClass(type):
    """The type of a stand-in class: anything done with the class is done with the real one."""

    _origin: tuple[str, str]

    def _real(cls) -> type:
        module, name = cls._origin
        with _without_stand_ins():
            real: type = getattr(importlib.import_module(module), name)
        return real

    def __call__(cls, *args: object, **kwargs: object) -> object:
        return cls._real()(*args, **kwargs)

    def __getattr__(cls, name: str) -> object:
        # Dunder look-ups come from introspection while lancedb is being imported: answering them would load
        # what this module exists to leave out.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._real(), name)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._real())


class _StandIn(ModuleType):
    """A module whose every attribute is a deferred class."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        deferred = _DeferredClass(name, (), {"_origin": (self.__name__, name), "__module__": self.__name__})
        setattr(self, name, deferred)
        return deferred


class _StandInFinder(MetaPathFinder, Loader):
    """Finds stand-ins for the heavy package and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == _HEAVY or fullname.startswith(f"{_HEAVY}."):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """A stand-in has nothing to run."""


@contextmanager
def _without_stand_ins() -> Iterator[None]:
    """Forget the stand-ins, so that an import inside finds the real modules (and keeps them)."""
    for name in [name for name, module in sys.modules.items() if isinstance(module, _StandIn)]:
        del sys.modules[name]
    yield


def import_lancedb() -> ModuleType:
    """Return the lancedb module, imported the light way where its version is known to allow it."""
    # Its Rust half logs to stderr on its own; a person's terminal is no place for a library's notices.
    os.environ.setdefault("LANCEDB_LOG", "error")
    if "lancedb" in sys.modules or _HEAVY in sys.modules or not _version_is_known():
        return importlib.import_module("lancedb")
    finder = _StandInFinder()
    sys.meta_path.insert(0, finder)
    try:
        with _without_signature_checks():
            return importlib.import_module("lancedb")
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _without_signature_checks() -> Iterator[None]:
    if "overrides" in sys.modules or sys.version_info >= (3, 12):
        yield
        return
    unchecked = ModuleType("overrides")
    unchecked.__dict__.update(EnforceOverrides=type("EnforceOverrides", (), {}), override=lambda method: method)
    sys.modules["overrides"] = unchecked
    try:
        yield
    finally:
        del sys.modules["overrides"]


def _version_is_known() -> bool:
    return importlib.metadata.version("lancedb").startswith(_KNOWN_VERSIONS)
