"""Reads TOML strictly and collects every fault: which file, which key, what is wrong, what to do.

It knows no setting of ours; config.py and rules.py say what they expect and take frozen values out.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file that a person wrote."""

    file: str
    key: str
    text: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.text}. {self.remedy}"


class FaultyFiles(Exception):
    """Files that can't be worked with; `faults` has all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(f) for f in faults))
        self.faults = tuple(faults)


class ConfigError(FaultyFiles):
    """The configuration can't be used."""


class RulesError(FaultyFiles):
    """The rules can't be used."""


class Section:
    """A table of a TOML file that is read key by key; `close` reports what nobody asked for."""

    def __init__(self, values: Mapping[str, Any], file: str, path: str, faults: list[Fault]) -> None:
        self._values = values
        self._file = file
        self._path = path
        self._asked: set[str] = set()
        self.faults = faults

    def key(self, name: str) -> str:
        """Return the full dotted name of a key."""
        return f"{self._path}.{name}" if self._path else name

    def fault(self, name: str, text: str, remedy: str) -> None:
        """Note a fault at a key of this section."""
        self.faults.append(Fault(self._file, self.key(name) if name else self._path, text, remedy))

    def has(self, name: str) -> bool:
        """Tell whether the key is there."""
        return name in self._values

    def names(self) -> list[str]:
        """Return the keys in the order of the file."""
        return list(self._values)

    def _take(self, name: str, kinds: tuple[type, ...], wanted: str, default: Any) -> Any:
        self._asked.add(name)
        if name not in self._values:
            if default is REQUIRED:
                self.fault(name, "is missing", f"Add it: {wanted}.")
                return None
            return default
        value = self._values[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.fault(name, f"is {value!r}", f"Write {wanted}.")
            return None if default is REQUIRED else default
        return value

    def text(self, name: str, default: Any = "", *, wanted: str = "a text in quotes") -> str:
        """Return a text; empty where it is faulty."""
        return self._take(name, (str,), wanted, default) or ""

    def whole(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """Return a whole number."""
        value = self._take(name, (int,), "a whole number", default)
        if value < least or (most is not None and value > most):
            wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
            self.fault(name, f"is {value}", f"Write a whole number {wanted}.")
            return default
        return int(value)

    def truth(self, name: str, default: bool) -> bool:
        """Return true or false."""
        return bool(self._take(name, (bool,), "true or false", default))

    def decimal(self, name: str, default: Any = None) -> Decimal | None:
        """Return an exact number, written as text ("12.5") or as a whole number."""
        value = self._take(name, (str, int), 'a number in quotes, as "12.5"', default)
        if value is None or isinstance(value, Decimal):
            return value
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite():
            self.fault(name, f"is {value!r}", 'Write a number in quotes, as "12.5".')
            return None if default is REQUIRED else default
        return number

    def day(self, name: str, default: Any = None) -> date | None:
        """Return a date, written bare (2026-01-31) or in quotes."""
        value = self._take(name, (date, str), "a date, as 2026-01-31", default)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.fault(name, f"is {value!r}", "Write a date, as 2026-01-31.")
                return None
        return value if isinstance(value, date) else None

    def choice(self, name: str, options: Sequence[str], default: Any) -> str:
        """Return one of a few words."""
        value = self._take(name, (str,), "one of " + ", ".join(options), default)
        if value is not None and value not in options:
            self.fault(name, f"is {value!r}", f"Write one of: {', '.join(options)}.{_meant(str(value), options)}")
            return default if isinstance(default, str) else options[0]
        return value if value is not None else options[0]

    def texts(self, name: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._take(name, (list,), 'a list, as ["a", "b"]', list(default))
        if not all(isinstance(item, str) for item in value):
            self.fault(name, "holds something other than texts", 'Write a list of texts, as ["a", "b"].')
            return tuple(default)
        return tuple(value)

    def section(self, name: str) -> Section:
        """Return a sub-table; an empty one where there is none."""
        value = self._take(name, (dict,), f"a table [{self.key(name)}]", {})
        return Section(value, self._file, self.key(name), self.faults)

    def sections(self, name: str) -> list[Section]:
        """Return an array of tables [[name]]."""
        value = self._take(name, (list,), f"tables [[{self.key(name)}]]", [])
        if not all(isinstance(item, dict) for item in value):
            self.fault(name, "holds something other than tables", f"Write tables [[{self.key(name)}]].")
            return []
        return [Section(v, self._file, f"{self.key(name)}[{n}]", self.faults) for n, v in enumerate(value, start=1)]

    def close(self, known: Sequence[str] = ()) -> None:
        """Report every key that was never asked for, with the one that was perhaps meant."""
        expected = sorted({*self._asked, *known})
        for name in self._values:
            if name not in expected:
                self.fault(name, "is not a setting that is known here", f"Remove it.{_meant(name, expected)}")


REQUIRED: Any = object()


def _meant(word: str, options: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    return f" Was {close[0]!r} meant?" if close else ""


def load(path: Path, faults: list[Fault], *, absent: str = "Put the file there or name another.") -> Section:
    """Read one TOML file; an unreadable one is a fault and reads as empty. `absent` is the remedy for no file."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(Fault(str(path), "", f"can't be read ({error.strerror})", absent))
        values = {}
    except UnicodeDecodeError:
        faults.append(Fault(str(path), "", "is not UTF-8 text", "Save it as UTF-8."))
        values = {}
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(str(path), "", f"is not TOML: {error}", "Mend that line."))
        values = {}
    return Section(values, str(path), "", faults)
