"""The page of a command, `pages/PROGRAM.rst`, as `--help` shows it: the source without what only docutils needs."""

from __future__ import annotations

import os
import re

_FOLDER = os.path.join(os.path.dirname(__file__), "pages")
_SECTION, _SUBSECTION = re.compile(r"~{3,}"), re.compile(r"\^{3,}")
_MARKUP = (
    (re.compile(r"``(\W)``"), r"'\1'"),  # what is typed; a lone sign would get lost
    (re.compile(r"``(.+?)``"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=\S)(.+?)(?<=\S)\*(?![\w*])"), r"\1"),  # what stands for something
    (re.compile(r"::$"), ":"),
)


def page_path(program: str) -> str:
    """Where the page of a command is, by its program name (`dnssec-signzone`, `fastsign install-links`)."""
    return os.path.join(_FOLDER, program.replace(" ", "-") + ".rst")


def page_text(program: str) -> str:
    """The page for a person at a terminal: name and purpose in a line, then the sections under capitals."""
    with open(page_path(program), encoding="utf-8") as file:
        name, _, _, purpose, _, *body = file.read().splitlines()
    return "\n".join([f"{name} - {purpose}", *_body(body)]) + "\n"


def _body(source: list[str]) -> list[str]:
    lines: list[str] = []
    for line in source:
        if _SECTION.fullmatch(line):
            lines[-1] = lines[-1].upper()
        elif _SUBSECTION.fullmatch(line):
            lines[-1] += ":"
        elif line.strip() == "::":  # the literal block after it is seen to be one
            lines.pop()
        else:
            lines.append(_plain(line))
    return lines


def _plain(line: str) -> str:
    for markup, text in _MARKUP:
        line = markup.sub(text, line)
    return line
