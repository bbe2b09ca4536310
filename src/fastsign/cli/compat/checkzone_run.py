"""The run of named-checkzone and named-compilezone: load, examine, write."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from fastsign.cli.compat.checkzone import Options, complain
from fastsign.cli.compat.common import CommandLine, raw_messages
from fastsign.cli.compat.formats import OutputFormat, parse_class, parse_origin
from fastsign.errors import JournalError, RawFormatError, ZoneError, ZoneSyntaxError, system_reason
from fastsign.keys import names
from fastsign.keys.facts import class_name
from fastsign.zone.destination import find_destination
from fastsign.zone.integrity import ERROR, Rules, Zone, examine, is_secure, serial
from fastsign.zone.outside import NO_ADDRESSES, Answer, Outside
from fastsign.zone.server_load import LoadRules, ServerLoad, load_as_server, load_raw_as_server, raw_reason

if TYPE_CHECKING:
    from fastsign.zone.write import Output

_STDIN = "-"
_STDOUT = "-"
_DNSKEY = 48


@contextmanager
def working_in(line: CommandLine, directory: str | None) -> Iterator[None]:
    """-w: paths are meant from this folder, those of $INCLUDE too."""
    before = os.open(".", os.O_PATH | os.O_DIRECTORY)
    try:
        if directory is not None:
            try:
                os.chdir(line.env.path(directory))
            except OSError as error:
                complain(line, f"isc_dir_chdir: {directory}: {system_reason(error)}\n")
        yield
    finally:
        os.fchdir(before)
        os.close(before)


class RefusedError(Exception):
    """The zone is not one that a server would load."""


class Run:
    """One zone. What is said goes to standard output, unless the zone does."""

    def __init__(self, line: CommandLine, options: Options, raw: bool, form: OutputFormat) -> None:
        self.line, self.options, self.raw, self.form = line, options, raw, form
        self.destination = None if options.output in (None, _STDOUT) else find_destination(options.output)
        self.to_stdout = self.destination.descriptor == 1 if self.destination else options.writes
        self.out = line.env.stderr if self.to_stdout else line.env.stdout
        self.now = line.env.now()
        self.rrclass = parse_class(options.rrclass)
        self.origin = b""
        self.zone_name = ""

    def run(self, zone_name: str, file: str) -> int:
        """Check, and write if that is asked for; the exit code."""
        self.origin = parse_origin(zone_name)
        self.zone_name = f"{names.to_message(self.origin).removesuffix('.') or '.'}/{class_name(self.rrclass)}"
        if self.options.debug:
            what = f'loading "{zone_name}" from "{file}" class "{self.options.rrclass}"'
            self.line.env.stderr.write(what + "\n")
        try:
            zone = self._load(file)
            self._examine(zone)
        except RefusedError:
            self._say_zone("not loaded due to errors.")
            return 1
        if self.options.writes and not self._dump(zone, zone_name):
            return 1
        self._say("OK")
        return 0

    def _say(self, text: str, end: str = "\n") -> None:
        if not self.options.quiet:
            self.out.write(text + end)

    def _say_zone(self, text: str) -> None:
        self._say(f"zone {self.zone_name}: {text}")

    # ---- loading

    def _load(self, file: str) -> Zone:
        """Read the zone and bring it up to date; RefusedError if it is not one."""
        loaded = self._read(file)
        for message in loaded.messages:
            self._say(message)
        if loaded.order is None:
            raise self._not_read(file, loaded.reason)
        order = loaded.order
        journal = self.options.journal or (f"{file}.jnl" if self.options.reads_journal else None)
        if journal is not None and self._roll_forward(loaded, journal):
            from fastsign.zone.order import order_zone

            try:
                order = order_zone(loaded.arena, self.origin)
            except ZoneError:
                self._say_zone("journal rollforward failed: ran out of space")
                raise RefusedError from None
        return Zone(loaded.arena, order, self.origin, self.rrclass == 1)

    def _not_read(self, file: str, reason: str) -> RefusedError:
        self._say_zone(f"loading from master file {file} failed: {reason}")
        return RefusedError()

    def _read(self, file: str) -> ServerLoad:
        checks = self.options.checks
        rules = LoadRules(checks["k"], checks["m"], checks["n"], checks["W"] != "ignore", self.options.max_ttl)
        try:
            if self.raw:
                path = "/dev/stdin" if file == _STDIN else file
                return load_raw_as_server(path, self.origin, rules, self.rrclass)
            text = self._text_of(file)
            return load_as_server(file, self.origin, rules, self.rrclass, self.now, text)
        except RawFormatError as error:
            for message in raw_messages(error.message):
                self._say(f"dns_master_load: {message}")
            raise self._not_read(file, raw_reason(error)) from None
        except ZoneSyntaxError as error:
            reason = error.message.rsplit(": ", 1)[-1]
            if reason == "not a file":
                self._say(f"dns_master_load: {file}:1: isc_lex_gettoken() failed: {reason}")
            raise self._not_read(file, reason) from None
        except OSError as error:
            raise self._not_read(file, system_reason(error)) from None

    def _text_of(self, file: str) -> bytes | None:
        """What stands in a file that can be read only once; None for one that can be read again."""
        if file == _STDIN:
            stdin = self.line.env.stdin
            return stdin.buffer.read() if hasattr(stdin, "buffer") else stdin.read().encode("utf-8", "surrogateescape")
        if os.path.isfile(file) or not os.path.exists(file) or os.path.isdir(file):
            return None
        with open(file, "rb") as stream:
            return stream.read()

    def _roll_forward(self, loaded: ServerLoad, journal: str) -> bool:
        from fastsign.zone.rollforward import roll_forward

        try:
            for warning in roll_forward(loaded.arena, self.origin, journal, self.rrclass, journal):
                self._say(warning)
        except FileNotFoundError:
            return False
        except JournalError as error:
            for message in error.lines:
                self._say(message)
            if error.unreadable:
                self._say_zone(f"journal open failed: {error.reason}")
            else:
                reason = "journal out of sync with zone" if error.out_of_sync else error.reason
                self._say_zone(f"journal rollforward failed: {reason}")
            raise RefusedError from None
        return True

    # ---- examining

    def _examine(self, zone: Zone) -> None:
        from fastsign.keys.weak import weak_keys

        refused = False
        for finding in examine(zone, self._rules(), self._ask()):
            self._say_zone(finding.text)
            refused |= finding.severity == ERROR
        if refused:
            raise RefusedError
        for text in weak_keys(zone.apex(_DNSKEY)):
            self._say_zone(text)
        self._say_zone(f"loaded serial {serial(zone)}{' (DNSSEC signed)' if is_secure(zone) else ''}")

    def _rules(self) -> Rules:
        checks, mode = self.options.checks, self.options.integrity
        return Rules(
            targets=mode != "none",
            siblings=mode in ("full", "local"),
            mx=checks["m"],
            mx_cname=checks["M"],
            srv_cname=checks["S"],
            spf=checks["T"] != "ignore",
            duplicates=checks["r"],
        )

    def _ask(self) -> Outside | None:
        if self.options.integrity not in ("full", "full-sibling"):
            return None
        return Outside(resolve, self.options.checks["M"], self.options.checks["S"])

    # ---- writing

    def _dump(self, zone: Zone, zone_name: str) -> bool:
        """Write the zone; False, with BIND's words, if that fails."""
        output = self.options.output
        tells = self.options.compiles and not self.to_stdout
        if tells:
            self._say(f"dump zone to {output}...", end="")
            self.out.flush()
        if self.options.debug:
            where = "" if output in (None, _STDOUT) else f' to "{output}"'
            self.line.env.stderr.write(f'dumping "{zone_name}"{where}\n')
        try:
            return self._write(zone)
        finally:
            if tells:
                self._say("done")

    def _write(self, zone: Zone) -> bool:
        from fastsign._core import write_zone
        from fastsign.zone.write import place_file

        with ExitStack() as opened:
            try:
                file = opened.enter_context(self._open(opened))
            except OSError:
                self.line.env.stderr.write(f'could not open output file "{self.options.output}" for writing\n')
                return False
            try:
                file.write(self.form.header(self.now, self.options.serial))
                write_zone(zone.arena, zone.order, self.form.style, self.origin, file.fd, self.rrclass, self.now)
                place_file(file)
            except BrokenPipeError:
                raise
            except OSError as error:
                self._say(f"dumping to stream: flush: {system_reason(error)}")
                return False
        return True

    def _open(self, opened: ExitStack) -> Output:
        """A stream is written into, and of a link what it leads to is replaced."""
        from fastsign.zone.write import StreamFile, SuccessorFile

        if self.destination is None or self.to_stdout:
            self.line.env.stdout.flush()
            return StreamFile(self.line.env.stdout.buffer)
        path, is_stream, descriptor = self.destination
        if not is_stream:
            return SuccessorFile(path)
        opens = path if descriptor is None else os.dup(descriptor)  # opened anew it would be empty
        return StreamFile(opened.enter_context(open(opens, "wb", buffering=0)))


def resolve(name: str) -> Answer:
    """What the system's resolver says of a name; no search list is tried, but for names of one label."""
    try:
        found = socket.getaddrinfo(
            name + "." if "." in name else name, None, 0, socket.SOCK_STREAM, socket.IPPROTO_TCP, socket.AI_CANONNAME
        )
    except socket.gaierror as error:
        nothing = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
        return NO_ADDRESSES if error.errno in nothing else Answer(failure=error.strerror or str(error))
    except UnicodeError as error:
        return Answer(failure=str(error))
    families = {socket.AF_INET, socket.AF_INET6}
    addresses = [socket.inet_pton(entry[0], str(entry[4][0]).split("%")[0]) for entry in found if entry[0] in families]
    canonical = next((entry[3] for entry in found if entry[3]), "")
    return Answer(canonical, tuple(addresses))
