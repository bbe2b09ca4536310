"""Between key files and the keys of the rollover rules."""

from __future__ import annotations

import os
from dataclasses import replace

from fastsign.kasp.policy import KEY_DIRECTORY
from fastsign.keys import facts, timing
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import KeyState
from fastsign.rollover.key import Key


def key_of(file: KeyFile, store: str = KEY_DIRECTORY) -> Key:
    """A key file as the rules see it."""
    ksk, zsk = timing.roles(file)
    return Key(
        name=os.path.basename(file.path),
        algorithm=file.algorithm,
        tag=file.tag,
        revoked_tag=facts.revoked_tag(file.rdata),
        bits=file.bits,
        ksk=ksk,
        zsk=zsk,
        ttl=file.ttl or 0,
        times=file.times,
        state=file.state or KeyState(),
        predecessor=file.predecessor,
        successor=file.successor,
        has_secret=file.can_sign,
        store=store,
    )


def updated(file: KeyFile, key: Key) -> KeyFile:
    """The key file with the times, states and TTL that the rules have given its key; nothing is written."""
    metadata = replace(
        file.metadata,
        times=key.times,
        state=key.state._replace(ksk=key.ksk, zsk=key.zsk),
        predecessor=key.predecessor,
        successor=key.successor,
    )
    return replace(file, ttl=key.ttl or None, metadata=metadata)
