"""Is there anything to do? Found by the header of an image and a look at two files, with no zone loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from hashlib import sha256

from fastsign import __version__
from fastsign.keys import timing
from fastsign.keys.files import KeyFile
from fastsign.keys.folder import KeyFolder
from fastsign.sign.image_facts import UNKNOWN, FileState, is_same, is_settled, is_untouched, look_at, read_facts
from fastsign.sign.job import Job

# Fields of a Job that the signed zone depends on otherwise, or not at all: the input is compared, keys count by what
# they do, signatures that are good stay whatever times new ones would get.
_OTHERWISE = {
    *("zone_file", "source", "journal", "keys", "key_directory", "key_names", "ksk_names", "image", "output"),
    *("now", "today", "inception", "expiration", "expiration_dnskey", "cycle", "jitter", "seed"),
    *("workers", "engine", "check", "header"),
}


def is_current(job: Job) -> bool:
    """Is the zone that the job would write there already, with no signature that is to be made anew?

    By the job's image: the same input, the same keys in the same roles, the same parameters, and the signed zone as it
    was put in place. False where that can't be told, for instance if the input includes other files. KeyFileError if
    the keys can't be read.
    """
    facts = read_facts(job.image) if job.image is not None else None
    if facts is None or job.output is None or not _is_one_file(job):
        return False
    return (
        facts.signed <= job.now < facts.ends - job.refresh
        and facts.parameters == parameters_of(job)
        and is_untouched(job.output, facts.output)
        and is_same(job.zone_file, facts.source)
    )


def look_at_source(job: Job) -> FileState:
    """The input before it is loaded, if it is one file whose changes show."""
    return look_at(job.zone_file) if _is_one_file(job) else UNKNOWN


def settled_source(job: Job, before: FileState, octets: int, clock: int) -> FileState:
    """The same once it is loaded: UNKNOWN if it has changed, may yet change unseen, or has included others.

    *octets* were read in all; *clock* is the file system's when all began, in nanoseconds.
    """
    unchanged = before != UNKNOWN and octets == before.size and is_settled(before, clock)
    return before if unchanged and is_same(job.zone_file, before) else UNKNOWN


def _is_one_file(job: Job) -> bool:
    return job.source is None and job.journal is None and not job.child_ds


def parameters_of(job: Job) -> bytes:
    """A digest of all that the signed zone depends on besides the input's records and the ends of signatures."""
    facts = [f"{field.name}={getattr(job, field.name)!r}" for field in fields(job) if field.name not in _OTHERWISE]
    return sha256("\n".join([__version__, *facts, *_facts_of_keys(job)]).encode()).digest()


def _facts_of_keys(job: Job) -> Iterator[str]:
    store = job.keys or KeyFolder(job.key_directory)
    for kind, keys in (
        ("found", store.find(job.origin)),
        ("named", store.named(job.origin, job.key_names)),
        ("ksk", store.named(job.origin, job.ksk_names)),
    ):
        yield from sorted(f"{kind} {_facts_of_key(key, job.now)}" for key in keys)


def _facts_of_key(key: KeyFile, now: int) -> str:
    """All that selecting it asks of a key at this moment."""
    wanted = timing.hints(key, now)
    facts = (
        *(key.rdata.hex(), key.ttl, key.can_sign, key.predecessor, key.successor),
        *(wanted.publish, wanted.sign, wanted.revoke, wanted.remove, timing.roles(key)),
        *(timing.wants_cds(key, now), timing.wants_no_cds(key, now)),
        *(timing.is_published(key, now), timing.is_active(key, now)),
    )
    return repr(facts)
