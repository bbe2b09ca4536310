"""`fastsign hsm`: what there is in an HSM, whether it signs, and how fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastsign.cli import typos
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_number, run_tool
from fastsign.cli.compat.hsm_options import module_for, token_uri
from fastsign.cli.env import Env
from fastsign.errors import HsmError
from fastsign.keys import facts

if TYPE_CHECKING:  # keys in an HSM are rare, and --help is not to wait for what they need
    from fastsign.keys.pkcs11.module import Module, Token
    from fastsign.keys.pkcs11.objects import Ability, KeyFacts, TokenFacts
    from fastsign.keys.pkcs11.uri import KeyUri

_USAGE = """\
Usage:
    {program} list [options] [uri]
    {program} test [options] uri
    {program} bench [options] uri

Version: {version}
    uri: the token, or a key in it, as a PKCS #11 URI
Options:
    -E module: path of the PKCS #11 module, if the URI has none
    -h: print help information
    -V: print version information
    --json: print JSON
Options of bench:
    --processes numbers: how many processes sign at once, such as 1,2,4
    --sessions numbers: how many sessions each of them has
    --seconds number: how long each combination is measured (2)
"""

_LONG = {"engine": "E", "json": "", "processes": ":", "seconds": ":", "sessions": ":", "version": "V"}
TOOL = Tool("fastsign hsm", "E:hV", _USAGE, long=_LONG)

_WORDS = ("list", "test", "bench")
_MOST = 256  # processes, or sessions of one


def main(env: Env) -> int:
    """Run `fastsign hsm`."""
    return run_tool(TOOL, _run, env)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    uri: KeyUri
    module: str
    json: bool
    seconds: float
    processes: tuple[int, ...]  # none: what is worth trying here
    sessions: tuple[int, ...]


def _run(line: CommandLine) -> int:
    words, options = _take(line)
    if not words:
        line.usage(1)
    word, *rest = words
    if word not in _WORDS:
        raise FatalError(f"unknown word {word}{typos.hint(word, _WORDS) or '; it is list, test or bench'}")
    if len(rest) > 1:
        raise FatalError("extraneous arguments")
    if not rest and word != "list":
        raise FatalError(f"{word} needs the URI of a token, or of a key in it")
    if word != "bench" and options.keys() & {"processes", "seconds", "sessions"}:
        raise FatalError("--processes, --seconds and --sessions are options of bench")
    wish = _wish(line, rest[0] if rest else "pkcs11:", options)
    if word == "bench":
        from fastsign.cli.hsm_bench import bench

        return bench(line, wish)
    return (_list if word == "list" else _test)(line, wish)


def _take(line: CommandLine) -> tuple[list[str], dict[str, str]]:
    """The words, and the options wherever they stand."""
    words: list[str] = []
    options: dict[str, str] = {}
    while True:
        options.update(line)
        if not line.operands:
            return words, options
        word, *rest = line.operands
        words.append(word)
        line = CommandLine(TOOL, line.env.with_argv((line.program, *rest)))


def _wish(line: CommandLine, text: str, options: dict[str, str]) -> Wish:
    uri = token_uri(text, "the URI")
    if uri.pin_value is not None:
        line.warn("warning: the URI has a PIN in it, which others may see: name a file with it by pin-source instead")
    seconds = options.get("seconds", "2")
    try:
        length = float(seconds)
    except ValueError:
        length = 0.0
    if not 0 < length <= 3600:
        raise FatalError(f"--seconds {seconds} is no number of seconds up to 3600")
    counts = [_numbers(f"--{name}", options.get(name, "")) for name in ("processes", "sessions")]
    module = module_for(line.env, options.get("E", ""), uri)
    return Wish(uri, module, "json" in options, length, counts[0], counts[1])


def _numbers(option: str, text: str) -> tuple[int, ...]:
    complaint = f"{option} takes numbers from 1 to {_MOST} with commas between them"
    return tuple(parse_number(word, complaint, 1, _MOST) for word in text.split(",")) if text else ()


# ---- list


@dataclass(frozen=True, slots=True)
class Found:
    """A token, and the keys that are seen in it."""

    token: TokenFacts
    keys: list[KeyFacts]
    logged_in: bool


def _list(line: CommandLine, wish: Wish) -> int:
    from fastsign.keys.pkcs11.module import open_module

    with open_module(wish.module) as module:
        found = [_look_into(module, token, wish.uri) for token in _tokens(module, wish.uri)]
    if wish.json:
        _print_json(line, {"module": wish.module, "tokens": [_token_json(one) for one in found]})
    else:
        line.env.stdout.write("\n".join(text for one in found for text in _token_lines(one)) + "\n")
    return 0


def _tokens(module: Module, uri: KeyUri) -> list[TokenFacts]:
    from fastsign.keys.pkcs11.objects import tokens_of

    tokens = tokens_of(module, uri)
    if not tokens:
        raise HsmError(f"the PKCS #11 module {module.path} has no token {uri.describe()}")
    if len(tokens) > 1 and (uri.pin_source is not None or uri.pin_value is not None):
        # A PIN that is wrong for a token brings that one nearer to its lock.
        raise HsmError(f"{len(tokens)} tokens are {uri.describe()}: with a PIN, name the one that it is for")
    return tokens


def _look_into(module: Module, token: TokenFacts, uri: KeyUri) -> Found:
    from fastsign.keys.pkcs11.module import Token
    from fastsign.keys.pkcs11.objects import keys_of
    from fastsign.keys.pkcs11.pin import Pins

    pins = Pins()
    try:
        pin = pins.of(uri)
        with module.saying(uri):
            opened = Token(module, token.slot, uri)
            session = opened.open_session()
            opened.log_in(session, pin)
        return Found(token, keys_of(opened, session, uri), pin is not None)
    finally:
        pins.close()


def _token_lines(found: Found) -> Iterator[str]:
    token = found.token
    made_by = ", ".join(text for text in (token.manufacturer, token.model) if text)
    yield f"token {token.label!r}, serial {token.serial or 'none'}, in slot {token.slot} ({made_by})"
    yield f"    {token.uri.describe()}"
    yield from _ability_lines(token.abilities)
    yield from (f"    warning: {text}" for text in token.warnings)
    for key in found.keys:
        yield f"    {key_text(key)}{'' if key.is_private else '; its public half alone is seen'}"
        yield from (f"        warning: {text}" for text in key.warnings)
    if not found.keys:
        yield "    no keys are seen"
    if not found.logged_in:
        yield "    (without a PIN, which pin-source=PATH in the URI would give: private keys are hidden)"


def _ability_lines(abilities: tuple[Ability, ...]) -> Iterator[str]:
    for what, some in (("signs", [a for a in abilities if a.signs]), ("makes keys", [a for a in abilities if a.makes])):
        names = ", ".join(facts.algorithm_name(one.algorithm) for one in some)
        yield f"    {what}: {names or 'none of DNSSEC'}"
    sizes = next((one.bits for one in abilities if one.bits), None)
    if sizes is not None:
        yield f"    RSA keys that it makes have {sizes[0]} to {sizes[1]} bits"


def key_text(key: KeyFacts) -> str:
    """A key for people."""
    return f"key {key.label!r}, id {key.id.hex() or 'none'}: {kind_of(key)}"


def kind_of(key: KeyFacts) -> str:
    """What a key is: RSA and its size, or its one algorithm."""
    if key.public is None:
        return "not for DNSSEC"
    algorithm = key.algorithms[-1]
    if algorithm in facts.RSA:
        return f"RSA, {facts.key_bits(algorithm, key.public.public_key)} bits"
    return facts.algorithm_name(algorithm)


def _token_json(found: Found) -> dict[str, Any]:
    token = found.token
    return {
        "uri": token.uri.describe(),
        "label": token.label,
        "serial": token.serial,
        "slot": token.slot,
        "manufacturer": token.manufacturer,
        "model": token.model,
        "logged_in": found.logged_in,
        "warnings": list(token.warnings),
        "algorithms": [
            {
                "algorithm": facts.algorithm_name(one.algorithm),
                "signs": one.signs,
                "makes_keys": one.makes,
                "bits": list(one.bits) if one.bits else None,
            }
            for one in token.abilities
        ],
        "keys": [key_json(key) for key in found.keys],
    }


def key_json(key: KeyFacts) -> dict[str, Any]:
    """A key for programs."""
    return {
        "uri": key.name.describe(),
        "label": key.label,
        "id": key.id.hex(),
        "kind": kind_of(key),
        "algorithms": [facts.algorithm_name(number) for number in key.algorithms],
        "private": key.is_private,
        "warnings": list(key.warnings),
    }


def _print_json(line: CommandLine, value: dict[str, Any]) -> None:
    import json

    line.env.stdout.write(json.dumps(value, indent=2) + "\n")


# ---- test


def _test(line: CommandLine, wish: Wish) -> int:
    """Log in, and have each key sign once; 0 if all do."""
    from fastsign.keys.pkcs11.module import open_token
    from fastsign.keys.pkcs11.objects import keys_of

    with open_token(wish.uri.without_key, wish.module) as (token, session):
        keys = [key for key in keys_of(token, session, wish.uri) if key.is_private]
        if not keys:
            hint = (
                "" if wish.uri.pin_source or wish.uri.pin_value else "; without a PIN (pin-source=PATH) none are seen"
            )
            raise HsmError(f"there is no private key {wish.uri.describe()}{hint}")
        outcomes = [(key, _outcome(token, session, key)) for key in keys]
    if wish.json:
        values = [{**key_json(key), "signs": failure is None, "error": failure} for key, failure in outcomes]
        _print_json(line, {"module": wish.module, "keys": values})
    else:
        for key, failure in outcomes:
            said = "signs, and the signature verifies" if failure is None else failure
            line.env.stdout.write(f"{key_text(key)}: {said}\n")
            line.env.stdout.write("".join(f"    warning: {text}\n" for text in key.warnings))
    return 1 if any(failure for _, failure in outcomes) else 0


def _outcome(token: Token, session: Any, key: KeyFacts) -> str | None:
    """What goes wrong when a key signs."""
    from fastsign.keys.pkcs11.objects import try_key

    if key.public is None:
        return "its public half is not to be found, or none of DNSSEC's"
    try:
        with token.module.saying(key.name):
            for algorithm in key.algorithms:
                if algorithm not in facts.DEPRECATED:
                    try_key(token, session, key, algorithm)
    except HsmError as error:
        return str(error)
    return None
