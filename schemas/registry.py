"""What can be chosen by name: models, splat formats, export kinds. One class keeps each list.

A registry holds what this program brings along and what other installed packages add by entry
points. Reading one imports no heavy package: entries name their code, and `Lazy` imports it at its
first use.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from schemas.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_logger = logging.getLogger(__name__)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Lazy(Generic[T_co]):
    """An object of a module that is imported when the object is first asked for."""

    module: str
    name: str = ""  # of the object; empty: the module itself

    def get(self) -> T_co:
        """Import the module and return its object."""
        module = import_module(self.module)
        found: T_co = getattr(module, self.name) if self.name else module  # type: ignore[assignment]
        return found


class Named(Protocol):
    """An entry of a registry."""

    @property
    def name(self) -> str:
        """What a person writes to choose it."""
        ...

    @property
    def label(self) -> str:
        """What it is, in a few words for people."""
        ...


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """Entries of one kind by name, in the order in which people are shown them."""

    def __init__(
        self,
        what: str,
        kind: type[Entry],
        built_in: Callable[[], Iterable[Entry]],
        group: str | None = None,
        replaced: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Take what an entry is called, its class, and the entry points' group of other packages.

        `built_in` is called once, at the first use, so that entries may import their registry.
        `replaced` says of names that are gone what to use instead.
        """
        self._what = what
        self._kind = kind
        self._built_in = built_in
        self._group = group
        self._replaced = replaced
        self._broken: dict[str, str] = {}  # entry point -> why it could not be loaded

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(self._entries)

    @property
    def known_names(self) -> tuple[str, ...]:
        """All names, and those that were replaced."""
        return (*self._entries, *self._replaced)

    def find(self, name: str) -> Entry | None:
        """Return the entry of that name, or None: for names of old catalogs."""
        return self._entries.get(name)

    def get(self, name: str, option: str = "") -> Entry:
        """Return the entry of that name.

        Raises UsageError, with `option` before it, that lists the names there are.
        """
        entry = self._entries.get(name)
        if entry is not None:
            return entry
        hint = f"Known are {', '.join(self._entries)}."
        if name in self._replaced:
            hint = f"{self._replaced[name]} {hint}"
        if self._broken:
            broken = "; ".join(f"{point}: {reason}" for point, reason in self._broken.items())
            hint += f" These could not be loaded: {broken}."
        before = f"{option} {name}: " if option else f"{name!r}: "
        raise UsageError(f"{before}there is no such {self._what}", hint)

    @property
    def labels(self) -> str:
        """What each entry is, for the help of an option."""
        return "; ".join(f"'{entry.name}': {entry.label}" for entry in self)

    def check(self, name: str, option: str) -> None:
        """Raise UsageError where there is no entry of that name."""
        self.get(name, option)

    def register(self, entry: Entry) -> None:
        """Add an entry. Raises UsageError where its name is taken."""
        if entry.name in self._entries:
            raise UsageError(f"there is a {self._what} called {entry.name!r} already")
        self._entries[entry.name] = entry

    def unregister(self, name: str) -> None:
        """Remove an entry that was registered before."""
        del self._entries[name]

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        entries = {entry.name: entry for entry in self._built_in()}
        for point in _entry_points(self._group) if self._group else ():
            try:
                for entry in _loaded(point, self._kind):
                    if entry.name in entries:
                        raise ValueError(f"the name {entry.name!r} is taken")  # noqa: TRY301
                    entries[entry.name] = entry
            except Exception as error:  # code of other packages: it may raise anything
                self._note_broken(point, error)
        return entries

    def _note_broken(self, point: EntryPoint, error: Exception) -> None:
        package = f" of the package {point.dist.name}" if point.dist is not None else ""
        reason = f"{type(error).__name__}: {error}"
        self._broken[point.name] = reason
        _logger.warning(
            "the %s %r%s could not be loaded and is left out: %s",
            self._what,
            point.name,
            package,
            reason,
        )


def _entry_points(group: str) -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # reads e-mail headers, with all that takes

    return entry_points(group=group)


def _loaded(point: EntryPoint, kind: type[T]) -> list[T]:
    """Return what an entry point gives: one entry, or several. Raises TypeError otherwise."""
    found = point.load()
    entries = [found] if isinstance(found, kind) else list(found)
    for entry in entries:
        if not isinstance(entry, kind):
            raise TypeError(f"{entry!r} is no {kind.__name__}")
    return entries
