"""Reading statements: words by their kind, blocks by a table of their options, includes. Errors in BIND's words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastsign.errors import PolicyError, system_reason
from fastsign.kasp.config import Place
from fastsign.kasp.durations import NEITHER, parse_duration
from fastsign.kasp.syntax import Block, Item, Statement, Word, parse_syntax

_DEEPEST = 20  # includes within includes
_SHOWN = 30  # characters of a word
_HIDDEN = frozenset({"secret", "pkcs11-uri"})  # options whose words are in no message


class StatementError(Exception):
    """A statement can't be read: where and why."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


@dataclass(slots=True)
class Findings:
    """What is wrong with a configuration, and what is odd, each with its place, in the order in which it is found."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def error(self, place: Place, message: str) -> None:
        self.errors.append(_line(place, message))

    def warn(self, place: Place, message: str) -> None:
        self.warnings.append(_line(place, message))

    def settle(self) -> None:
        """PolicyError with all errors so far, if there is one."""
        if self.errors:
            raise PolicyError(*dict.fromkeys(self.errors), warnings=tuple(dict.fromkeys(self.warnings)))


def _line(place: Place, message: str) -> str:
    line = f"{place.file}:{place.line}:{place.column}: {message}"
    return line.encode("utf-8", "backslashreplace").decode()  # octets that are no text stay visible


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean dnskey-ttl?`, or nothing if no known word is like it."""
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), [*known], 1, 0.7)
    return f"; did you mean {near[0]}?" if near else ""


class Words:
    """The words of a statement, one after the other, behind its first.

    What takes a word raises StatementError if that is not of the kind.
    """

    def __init__(self, statement: Statement, findings: Findings) -> None:
        self.statement, self.findings = statement, findings
        self.name = statement.items[0].text.lower() if isinstance(statement.items[0], Word) else ""
        self._at = 1

    @property
    def ahead(self) -> Item | None:
        return self.statement.items[self._at] if self._at < len(self.statement.items) else None

    @property
    def place(self) -> Place:
        """Where the next word is, or the semicolon."""
        return self.ahead.place if self.ahead else self.statement.end

    def near(self, message: str) -> StatementError:
        """The refusal of the next word."""
        return StatementError(self.place, f"{message} near '{self._shown()}'")

    def string(self) -> str:
        """A word or a quoted string."""
        return self._take(lambda word: True, "expected string").text

    def quoted(self) -> str:
        return self._take(lambda word: word.quoted, "expected quoted string").text

    def one_of(self, *choices: str) -> str:
        """One of some words, in any case."""
        word = self._take(lambda word: not word.quoted, "unexpected token")
        if word.text.lower() not in choices:
            raise StatementError(
                word.place, f"'{shortened(word.text)}' unexpected{hint(word.text, choices) or _list_of(choices)}"
            )
        return word.text.lower()

    def boolean(self) -> bool:
        words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
        return words[self._plain("boolean expected", lambda text: text.lower() in words).lower()]

    def number(self, highest: int = 2**32 - 1) -> int:
        return int(
            self._plain("expected number", lambda text: bool(re.fullmatch("[0-9]+", text)) and int(text) <= highest)
        )

    def port(self) -> int:
        word = self._plain("expected number", lambda text: bool(re.fullmatch("[0-9]+", text)))
        if int(word) > 0xFFFF:
            self._at -= 1
            raise self.near("port number out of range")
        return int(word)

    def duration(self, or_unlimited: bool = False) -> int:
        """Seconds; 0 for unlimited."""
        word, expected = self.ahead, "expected ISO 8601 duration, TTL value, or unlimited" if or_unlimited else NEITHER
        if not isinstance(word, Word) or word.quoted:
            raise self.near(expected)
        if or_unlimited and word.text.lower() == "unlimited":
            self._at += 1
            return 0
        try:
            seconds = parse_duration(word.text)
        except ValueError as error:
            raise self.near(str(error)) from None
        self._at += 1
        return seconds

    def block(self) -> Block:
        block = self.ahead
        if not isinstance(block, Block):
            raise self.near("'{' expected")
        self._at += 1
        return block

    def sees(self, keyword: str) -> bool:
        """Is this word next?"""
        return isinstance(self.ahead, Word) and not self.ahead.quoted and self.ahead.text.lower() == keyword

    def skip(self, keyword: str) -> bool:
        """Take this word if it is next; was it?"""
        if self.sees(keyword):
            self._at += 1
            return True
        return False

    def need(self, keyword: str) -> None:
        """Take this word, which must be next."""
        if not self.skip(keyword):
            raise self.near(f"expected '{keyword}'")

    def rest(self) -> tuple[Item, ...]:
        """All that is left, whatever it is."""
        left = self.statement.items[self._at :]
        self._at = len(self.statement.items)
        return left

    def end(self) -> None:
        """There must be nothing left."""
        if self.ahead is not None:
            raise StatementError(self.place, f"missing ';' before '{self._shown()}'")

    def _plain(self, expected: str, fits: Callable[[str], bool]) -> str:
        return self._take(lambda word: not word.quoted and fits(word.text), expected).text

    def _take(self, fits: Callable[[Word], bool], expected: str) -> Word:
        word = self.ahead
        if not isinstance(word, Word) or not fits(word):
            raise self.near(expected)
        self._at += 1
        return word

    def _shown(self) -> str:
        item = self.ahead
        if item is None:
            return ";"
        if isinstance(item, Block):
            return "{"
        if self.name in _HIDDEN:
            return "..."
        return '"' if item.quoted else shortened(item.text)


def shortened(word: str) -> str:
    """A word as messages have it."""
    return word if len(word) <= _SHOWN else word[:_SHOWN] + "..."


def _list_of(choices: Iterable[str]) -> str:
    return f"; it is one of {', '.join(choices)}"


# ---- blocks with options


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of an option, and where its name and its value stand."""

    value: Any
    place: Place
    value_place: Place


Settings = dict[str, Setting]
Spec = Mapping[str, Callable[[Words], Any]]


@dataclass(slots=True)
class Source:
    """Where statements come from: a file, and those that it includes.

    `folder` is what relative paths are relative to: the working directory, once options { directory; } is read that.
    """

    read: Callable[[str], str]
    expand: Callable[[str], Iterable[str]]  # the files that a pattern stands for, none if there is no such file
    enter: Callable[[str], None]  # OSError if a folder is none that relative paths can be relative to
    folder: str
    findings: Findings = field(default_factory=Findings)
    _open: list[str] = field(default_factory=list)

    def statements(self, text: str, path: str) -> Iterator[Statement]:
        """The statements of a file, those that it includes in their places."""
        self._open.append(path)
        yield from self.flat(parse_syntax(text, path, self.findings.error))
        self._open.pop()

    def flat(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        """The statements, and instead of each include those that it stands for."""
        for statement in statements:
            first = statement.items[0]
            if not isinstance(first, Word) or first.quoted:
                shown = "{" if isinstance(first, Block) else '"'
                self.findings.error(first.place, f"syntax error near '{shown}'")
            elif first.text.lower() == "include":
                yield from self._included(Words(statement, self.findings))
            else:
                yield statement

    def _included(self, words: Words) -> Iterator[Statement]:
        place = words.place
        try:
            pattern = words.quoted()
            words.end()
        except StatementError as refusal:
            self.findings.error(refusal.place, refusal.message)
            return
        paths = [*self.expand(os.path.join(self.folder, pattern))]
        if not paths:
            self.findings.error(place, f"include '{pattern}': file not found")
        for path in paths:
            if path in self._open or len(self._open) > _DEEPEST:
                self.findings.error(place, f"include '{path}': the file includes itself")
                continue
            try:
                text = self.read(path)
            except OSError as error:
                self.findings.error(place, f"include '{path}': {system_reason(error)}")
                continue
            yield from self.statements(text, path)

    def settings(self, block: Block, spec: Spec, other: Collection[str] = (), strict: bool = True) -> Settings:
        """The options of a block that are in the table. `other` are words of BIND's that are passed over.

        An unknown word is an error; if not *strict*, only one that looks like a word of the table is.
        """
        found: Settings = {}
        for statement in self.flat(block.statements):
            self._setting(statement, spec, other, strict, found)
        return found

    def _setting(self, statement: Statement, spec: Spec, other: Collection[str], strict: bool, found: Settings) -> None:
        words = Words(statement, self.findings)
        place, name = statement.place, words.name
        try:
            if name in spec:
                if name in found and name not in _MANY:
                    raise StatementError(place, f"'{name}' redefined near '{name}'")
                value_place = words.place
                setting = Setting(spec[name](words), place, value_place)
                words.end()
                if name not in _MANY:
                    found[name] = setting
            elif name in other:
                pass_over(words, spec)
            else:
                self.unknown(statement, [*spec, *other], spec, strict)
        except StatementError as refusal:
            self.findings.error(refusal.place, refusal.message)

    def unknown(self, statement: Statement, known: Iterable[str], own: Iterable[str], strict: bool) -> None:
        """Tell of a word that is none of those that are known: an error if strict, or if it looks like one of ours."""
        word = statement.items[0].text if isinstance(statement.items[0], Word) else ""
        message = f"unknown option '{shortened(word)}'"
        if strict:
            self.findings.error(statement.place, message + hint(word, known))
        elif ours := hint(word, own):
            self.findings.error(statement.place, message + ours)
        else:
            self.findings.warn(statement.place, f"{message}: passed over")


_MANY = frozenset({"zone", "key"})  # statements of a view that keep what they read elsewhere
_MORE_BEHIND_BLOCK = frozenset(
    {"deny-answer-addresses", "deny-answer-aliases", "response-policy", "catalog-zones", "inet", "unix"}
)


def pass_over(words: Words, own: Iterable[str]) -> None:
    """Go over a statement that is none of ours, and make sure that it ends where it ends: no other hides in it."""
    items = words.rest()
    for at, item in enumerate(items):
        behind_block = at > 0 and isinstance(items[at - 1], Block) and words.name not in _MORE_BEHIND_BLOCK
        if not isinstance(item, Word) or item.quoted:
            continue
        if behind_block or ("-" in item.text and item.text.lower() in own):
            raise StatementError(item.place, f"missing ';' before '{shortened(item.text)}'")
