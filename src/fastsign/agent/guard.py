"""What is never published, whatever the rules say: a zone without a key that others may rely on."""

from __future__ import annotations

from fastsign.agent.content import Content
from fastsign.agent.memory import Memory
from fastsign.errors import SigningError
from fastsign.kasp.config import Zone
from fastsign.keys import names
from fastsign.rollover.key import HIDDEN
from fastsign.rollover.outcome import Observations, Step


def refuse_to_lose_keys(
    zone: Zone, memory: Memory, seen: Observations, content: Content, step: Step, *, force: bool = False
) -> None:
    """SigningError if a DNSKEY of ours would leave the zone for no other reason than that its files are missing, or if
    all would while the parent may have a DS of one. *force*: the operator goes on without those that are lost."""
    name = names.to_message(zone.name.lower())
    lost = _lost(zone, memory, seen, step) if content.bundle is None else []  # a bundle's KSK needs no files here
    if lost and (content.is_unsigned or not force):
        tags = ", ".join(f"{tag} (algorithm {algorithm})" for algorithm, tag in lost)
        raise SigningError(
            f"the key files of DNSKEY {tags} of zone {name} are missing: it stays as it is. Restore them in "
            f"{zone.key_directory}; if they are gone for good and no DS names them any more, "
            f"'fastsign dnssec -step {name}' goes on without them"
        )
    trusted = [key.tag for key in step.keys if key.ksk and key.state.ds not in (None, HIDDEN)]
    if trusted and content.is_unsigned:
        raise SigningError(f"zone {name} would lose its keys while its parent may have a DS for key {trusted[0]}")


def _lost(zone: Zone, memory: Memory, seen: Observations, step: Step) -> list[tuple[int, int]]:
    """(algorithm, tag) of the published DNSKEYs that are ours and have no key files."""
    known = {key.identity for key in (*step.keys, *step.purged)}
    left = set(memory.dnskeys) - set(memory.foreign) - known  # another signer's may go
    in_place = zone.file == zone.signed_file and memory.fingerprint  # its file does not tell ours from foreign ones
    return sorted(left if in_place else left - seen.foreign)
