"""The syntax of named.conf: text in, statements out. What they say is nobody's business here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from fastsign.kasp.config import Place

Report = Callable[[Place, str], None]

_DEEPEST = 100  # blocks in blocks; named.conf itself has no use for ten


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a quoted string, the latter without its quotes."""

    text: str
    quoted: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Block:
    """{ ... }"""

    statements: tuple[Statement, ...]
    place: Place  # of its {
    end: Place  # of its }


Item = Word | Block


@dataclass(frozen=True, slots=True)
class Statement:
    """Words and blocks up to a semicolon; there is at least one."""

    items: tuple[Item, ...]
    end: Place  # of its semicolon, or of what stands where that is missing

    @property
    def place(self) -> Place:
        return self.items[0].place


def parse_syntax(text: str, path: str, report: Report) -> tuple[Statement, ...]:
    """The statements of a file. What is wrong is reported with its place, in BIND's words; the rest is read on."""
    from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

    fatal: list[UnexpectedInput] = []

    def recover(error: Any) -> bool:
        """Tell of an error, and go on behind it if there is a way."""
        if isinstance(error, UnexpectedToken) and _mend(error, _place_of(error.token, path, text), report):
            return True
        fatal.append(error)
        return False

    builder = _Builder(path)
    try:
        tree = _parser().parse(text, on_error=recover)
    except UnexpectedCharacters as error:
        report(Place(path, error.line, error.column), _unreadable(text, error.pos_in_stream or 0))
        return ()
    except UnexpectedInput as error:
        if error in fatal and isinstance(error, UnexpectedToken):
            report(*_hopeless(error, path, text))
        return ()
    try:
        return builder.statements(tree.children)
    except _TooDeepError as deep:
        report(deep.place, f"there are more than {_DEEPEST} blocks in each other")
        return ()


@cache
def _parser() -> Any:
    from lark import Lark

    grammar = resources.files("fastsign.kasp").joinpath("named.lark").read_text("ascii")
    return Lark(grammar, start="file", parser="lalr", lexer="basic", maybe_placeholders=False)


# ---- errors


def _mend(error: Any, place: Place, report: Report) -> bool:
    """Put in a semicolon that is missing, and leave out one that is too much."""
    token, parser = error.token, error.interactive_parser
    if token.type == "SEMICOLON":
        report(place, "syntax error near ';'")
        return True
    if "SEMICOLON" not in error.accepts or (token.type == "$END" and "CLOSE" in _after_semicolon(parser)):
        return False
    before = "end of file" if token.type == "$END" else f"'{_shown(token)}'"
    report(place, f"missing ';' before {before}")
    parser.feed_token(_semicolon(token))
    if token.type != "$END":
        if token.type not in parser.accepts():
            return False
        parser.feed_token(token)
    return True


def _after_semicolon(parser: Any) -> set[str]:
    ahead = parser.copy()
    ahead.feed_token(_semicolon(None))
    accepted: set[str] = ahead.accepts()
    return accepted


def _semicolon(at: Any) -> Any:
    from lark import Token

    return Token("SEMICOLON", ";", line=at.line if at else 1, column=at.column if at else 1)


def _hopeless(error: Any, path: str, text: str) -> tuple[Place, str]:
    """Where and why a file can't be read on."""
    token = error.token
    place = _place_of(token, path, text)
    if token.type == "$END":
        return place, "unexpected end of input; a block lacks its '}'"
    return place, f"syntax error near '{_shown(token)}'"


def _place_of(token: Any, path: str, text: str) -> Place:
    if token.type == "$END":
        lines = text.split("\n")
        return Place(path, len(lines), len(lines[-1]) + 1)
    return Place(path, token.line, token.column)


def _unreadable(text: str, at: int) -> str:
    if text.startswith("/*", at):
        return "unexpected end of input; this comment lacks its '*/'"
    if text.startswith('"', at):
        return "unexpected end of input; this string lacks its closing quote"
    return f"syntax error near '{text[at]}'"


def _shown(token: Any) -> str:
    """A token in a message. A string may be a secret."""
    return '"' if token.type == "STRING" else str(token)


# ---- from lark's tree


class _TooDeepError(Exception):
    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class _Builder:
    def __init__(self, path: str) -> None:
        self._path, self._depth = path, 0

    def statements(self, trees: list[Any]) -> tuple[Statement, ...]:
        return tuple(map(self._statement, trees))

    def _statement(self, tree: Any) -> Statement:
        *items, semicolon = tree.children
        return Statement(tuple(map(self._item, items)), self._place(semicolon))

    def _item(self, part: Any) -> Item:
        if getattr(part, "data", None) == "block":
            return self._block(part)
        if part.type == "STRING":
            return Word(part[1:-1].replace('\\"', '"'), True, self._place(part))
        return Word(str(part), False, self._place(part))

    def _block(self, tree: Any) -> Block:
        first, *inner, last = tree.children
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeepError(self._place(first))
        block = Block(self.statements(inner), self._place(first), self._place(last))
        self._depth -= 1
        return block

    def _place(self, token: Any) -> Place:
        return Place(self._path, token.line, token.column)
