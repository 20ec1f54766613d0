"""One small class for every kind of plug-in: methods, formats, exporters, data sources, presets, families."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Generic, TypeVar

from core.errors import UserError

T = TypeVar("T")


@cache
def import_all(package: str, deep: bool = False) -> None:
    """Import every module directly below a package (``deep``: at any depth), once: they register themselves."""
    walk = pkgutil.walk_packages if deep else pkgutil.iter_modules
    for info in walk(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(info.name)


class Registry(Generic[T]):
    """Named things of one kind, in order of registration.

    Keys are unique; looking up an unknown key raises a UserError that lists the known ones.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def add(self, key: str, item: T) -> T:
        if key in self._items:
            raise ValueError(f"{self.kind} '{key}' is registered twice")
        self._items[key] = item
        return item

    def get(self, key: str) -> T:
        try:
            return self._items[key]
        except KeyError:
            known = ", ".join(self._items) or "none"
            raise UserError(f"There is no {self.kind} called '{key}'.", f"Known: {known}.") from None

    def keys(self) -> tuple[str, ...]:
        return tuple(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items
