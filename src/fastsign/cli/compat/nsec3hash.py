"""`fastsign nsec3hash`: the NSEC3 hash of a name, on nsec3hash's command line."""

from __future__ import annotations

from fastsign.cli.compat import long_names
from fastsign.cli.compat.common import CommandLine, Stop, Tool, parse_integer, run_tool
from fastsign.cli.env import Env
from fastsign.keys import names

_USAGE = """\
Usage: {program} salt algorithm iterations domain
       {program} -r algorithm flags iterations salt domain
"""

TOOL = Tool("nsec3hash", "hr", _USAGE, long=long_names.NSEC3HASH, dash_is_operand=True)

_SHA1 = 1  # the one algorithm there is (RFC 5155 section 11)
_SALT_MAX = 255  # octets


def main(env: Env) -> int:
    """Print the hash of a name."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    try:
        return _print_hash(line)
    except _WrongError as error:
        line.warn(str(error))
        raise Stop(1) from None


class _WrongError(Exception):
    """Ends the run with `nsec3hash: message`: this tool says no "fatal"."""


def _print_hash(line: CommandLine) -> int:
    as_record = "r" in [letter for letter, _ in line]
    operands = line.operands
    if len(operands) != (5 if as_record else 4):
        line.usage(1)
    if as_record:
        algorithm, flags, iterations, salt, name = operands
    else:
        salt, algorithm, iterations, name = operands
        flags = "0"
    octets = _salt(salt)
    numbers = (
        _number(algorithm, 255, "hash algorithm too large"),
        _number(flags, 255, "flags too large"),
        _number(iterations, 0xFFFF, "iterations to large"),  # sic
    )
    digest = _hash(name, octets, numbers[0], numbers[2])
    salt = salt if octets else "-"
    if as_record:
        line.env.stdout.write(f"{name} NSEC3 {numbers[0]} {numbers[1]} {numbers[2]} {salt} {digest}\n")
    else:
        line.env.stdout.write(f"{digest} (salt={salt}, hash={numbers[0]}, iterations={numbers[2]})\n")
    return 0


def _salt(text: str) -> bytes:
    if text == "-":
        return b""
    try:
        salt = bytes.fromhex(_joined(text))
    except ValueError:
        raise _WrongError("isc_hex_decodestring(salt): bad hex encoding") from None
    if len(salt) > _SALT_MAX:
        raise _WrongError("isc_hex_decodestring(salt): ran out of space")
    return salt


def _joined(text: str) -> str:
    """The text without the blanks that BIND's decoder passes over."""
    return "".join(character for character in text if character not in " \t\r\n")


def _number(text: str, highest: int, complaint: str) -> int:
    """C's atoi: what is no number is 0."""
    number = parse_integer(text)[0]
    if not 0 <= number <= highest:
        raise _WrongError(complaint)
    return number


def _hash(text: str, salt: bytes, algorithm: int, iterations: int) -> str:
    from fastsign._core import hash_label, nsec3_hash

    try:
        name = names.from_text(text)
    except ValueError as error:
        raise _WrongError(f"dns_name_fromtext() failed: {error}") from None
    if algorithm != _SHA1:
        raise _WrongError("isc_iterated_hash failed")
    return hash_label(nsec3_hash(name, salt, iterations)).decode("ascii").upper()
