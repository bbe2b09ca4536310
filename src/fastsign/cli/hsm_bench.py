"""`fastsign hsm bench`: signatures a second, by the number of processes and of sessions."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastsign._core import Column
from fastsign.cli.compat.common import CommandLine
from fastsign.errors import HsmError
from fastsign.keys import facts

if TYPE_CHECKING:
    from fastsign.cli.hsm import Wish
    from fastsign.keys.pkcs11.client import HsmPrivateKey
    from fastsign.keys.pkcs11.objects import KeyFacts

_FIRST = 32  # rows; then as many as take some time
_ROUND = 0.25  # seconds that one call is to take
_MESSAGE = 512  # octets of what Ed25519 signs


@dataclass(frozen=True, slots=True)
class Run:
    """One combination, measured."""

    processes: int
    sessions: int  # of each
    per_second: float


def bench(line: CommandLine, wish: Wish) -> int:
    """Measure each key that the URI names, and tell which combination is best."""
    from fastsign.cli.hsm import key_json, key_text

    results: list[dict[str, Any]] = []
    for key in _keys(wish):
        if not wish.json:
            line.env.stdout.write(f"{key_text(key)}\n processes  sessions  signatures/s\n")
        runs: list[Run] = []
        for run in _measured(wish, key):
            runs.append(run)
            if not wish.json:
                line.env.stdout.write(f"{run.processes:10}{run.sessions:10}{run.per_second:14.0f}\n")
                line.env.stdout.flush()
        best = max(runs, key=lambda run: run.per_second)
        if not wish.json:
            line.env.stdout.write(f"best: --hsm-workers {best.processes} --hsm-sessions {best.sessions}\n")
        results.append({**key_json(key), "runs": [_json(run) for run in runs], "best": _json(best)})
    if wish.json:
        import json

        line.env.stdout.write(json.dumps({"module": wish.module, "keys": results}, indent=2) + "\n")
    return 0


def _json(run: Run) -> dict[str, Any]:
    return {"processes": run.processes, "sessions": run.sessions, "signatures_per_second": round(run.per_second, 1)}


def _keys(wish: Wish) -> list[KeyFacts]:
    """The keys that can sign. The module is here for that alone; others sign."""
    from fastsign.keys.pkcs11.module import open_token
    from fastsign.keys.pkcs11.objects import keys_of

    with open_token(wish.uri.without_key, wish.module) as (token, session):
        keys = [key for key in keys_of(token, session, wish.uri) if key.is_private and key.public is not None]
    if not keys:
        raise HsmError(
            f"there is no key to sign with {wish.uri.describe()}, or it is hidden: give a PIN by pin-source="
        )
    return keys


def _measured(wish: Wish, key: KeyFacts) -> Iterator[Run]:
    processes = wish.processes or _worth_trying(len(os.sched_getaffinity(0)))
    for count in processes:
        for sessions in wish.sessions or (1, 2, 4):
            yield Run(count, sessions, _rate(wish, key, count, sessions))


def _worth_trying(cores: int) -> tuple[int, ...]:
    """1, 2, 4, ... up to the processors that there are."""
    return tuple(2**power for power in range(cores.bit_length()))


def _rate(wish: Wish, key: KeyFacts, processes: int, sessions: int) -> float:
    """Signatures a second. The processes have begun before the clock runs."""
    from fastsign.keys.pkcs11.client import HsmPrivateKey, close_all
    from fastsign.keys.pkcs11.pin import shared_pins
    from fastsign.keys.pkcs11.settings import PATIENCE, HsmKeyReference
    from fastsign.keys.pkcs11.worker import Place

    assert key.public is not None
    token = wish.uri.of_token
    name = replace(token, object=key.label or None, id=key.id or None)
    algorithm = facts.RSASHA256 if key.algorithms[-1] in facts.RSA else key.algorithms[-1]
    place = Place(wish.module, token, shared_pins().of(wish.uri), sessions, PATIENCE)
    copies = tuple((replace(place, number=number), name) for number in range(processes))
    try:
        secret = HsmPrivateKey(HsmKeyReference(algorithm, key.public.public_key, copies))
        return _rate_of(secret, wish.seconds, _FIRST * processes * sessions)
    finally:
        with suppress(HsmError):
            close_all()


def _rate_of(secret: HsmPrivateKey, seconds: float, count: int) -> float:
    width = secret.digest_length or _MESSAGE
    done, spent = 0, 0.0
    while spent < seconds:
        rows, signatures = Column("B", count * width), Column("B", count * secret.signature_length)
        offsets = Column("Q", 0 if secret.digest_length else count + 1)
        rows.view()[:] = os.urandom(count * width)
        for at in range(len(offsets)):
            offsets.view()[at] = at * width
        began = time.perf_counter()
        if secret.digest_length:
            secret.sign_digests(rows, count, signatures)
        else:
            secret.sign_messages(rows, offsets, count, signatures)
        took = time.perf_counter() - began
        done, spent = done + count, spent + took
        count = max(count, min(1 << 20, int(count * _ROUND / max(took, 1e-6))))
    return done / spent
