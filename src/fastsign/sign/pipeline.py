"""Sign one zone, once: the story."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastsign import _core
from fastsign.errors import SigningError, ZoneError
from fastsign.keys import facts
from fastsign.keys.ds import dsset_text, keyset_text
from fastsign.keys.secret import KeyReference, refer_to
from fastsign.keys.select import SelectedKey, Selection
from fastsign.pool.workers import usable_cores
from fastsign.sign import serial
from fastsign.sign.apex import DNSKEY, NSEC3PARAM, RRSIG, ZONEMD, Apex
from fastsign.sign.children import replace_ds
from fastsign.sign.denial import NSEC3, OPT_OUT, Chain, Denial, Existing, choose_denial, make_chain
from fastsign.sign.image import Image, ImageFile, read_image
from fastsign.sign.image_facts import UNKNOWN
from fastsign.sign.job import Job
from fastsign.sign.keyset import choose_keys
from fastsign.sign.makers import Makers, find_makers
from fastsign.sign.narrate import narrate, tell_of_capping
from fastsign.sign.plan import SIGNS_DNSKEY, Signer
from fastsign.sign.report import Report
from fastsign.sign.retain import Judge, Retained, retain_signatures
from fastsign.sign.shards import Work, write_signed_zone
from fastsign.sign.tell import Tell
from fastsign.sign.unchanged import look_at_source, settled_source
from fastsign.sign.zonemd import Seal, place, seal_zone
from fastsign.zone.arena import Arena
from fastsign.zone.arithmetic import is_greater
from fastsign.zone.checks import check_rrsets
from fastsign.zone.order import Order, order_zone
from fastsign.zone.write import Output

if TYPE_CHECKING:
    from fastsign.sign.spread import Held

_NSEC, _NSEC3 = 47, 50
_SHA1 = 1  # the one hash algorithm of NSEC3 (RFC 5155 section 11)
_APEX_MAX_FOR_NSEC3 = 222  # octets: a label of 1 + 32 octets before it, 255 in all

# Rows below which starting workers costs more than it saves (measured: some 30 ms against 10 us a P-256 signature).
_POOL_FROM_ROWS = 12_000
# The same where an HSM signs, a worker of which takes some 150 ms to come in, and 100 us or more a signature.
_HSM_POOL_FROM_ROWS = 4_000


@dataclass(frozen=True, slots=True)
class Signed:
    """What is left to do once the zone is in place."""

    dsset: str  # content of the dsset- file
    keyset: str  # content of the keyset- file, if there is to be one
    algorithms: tuple[int, ...]
    strangers: frozenset[tuple[int, int]]  # (algorithm, tag) of keys that sign or have signed and are not in the zone
    held: Held | None = None  # what waits for the next run; None: nothing was to be spread


def sign_zone(job: Job, file: Output, report: Report, tell: Tell, image: ImageFile | None = None) -> Signed:
    """Load, order and sign the zone into *file*, which is left uncommitted.

    The signatures go into *image*, too, and those that stay come from the one that it is to replace.

    FastsignError, in BIND's words where BIND has any, if it can't be signed; the file is then of no use.
    """
    signed, seal = _write_zone(job, file, report, tell, image)
    if seal is not None:
        with report.phase("zonemd"):
            seal_zone(file.temporary, seal)
    return signed


def _write_zone(
    job: Job, file: Output, report: Report, tell: Tell, image: ImageFile | None
) -> tuple[Signed, Seal | None]:
    """All but the digests over the zone, for which it is read back: the input is forgotten by then."""
    with report.phase("load"):
        arena = _load(job, tell, image)
    apex = Apex.of(arena, job.origin)
    job = _cap_key_ttl(job, tell)
    denial = choose_denial(job.denial, _existing_chain(apex))
    selection = choose_keys(job, apex, tell)
    _check_denial(job, denial, apex)
    _refit_apex(job, apex, denial, tell)
    is_signed = _core.count_type(arena, RRSIG) > 0
    with report.phase("order"):
        order = _order(job, apex, tell)
    _tell_selection(selection, tell)
    with report.phase("chain"):
        chain = make_chain(arena, order, denial, min(apex.soa_ttl, apex.minimum))
    workers = _workers(job, order, chain, selection)
    makers, retained = None, None
    last = _read_last(image, job, report, tell) if image is not None else None
    if is_signed or last is not None:
        makers = find_makers(job, apex, selection, last.dnskeys if last is not None else ())
        last = last.judged_by(makers.keys) if last is not None else None
        judge = _judge(job, order, chain, apex, makers, tell)
        gate = job.verify and image is not None and image.is_trusted
        with report.phase("retain"):
            retained = retain_signatures(replace(judge, is_signed=is_signed, image=last, gate=gate), workers, report)
    work = _work(job, arena, order, chain, selection, retained)
    held = _hold_back(job, work, selection, makers, report) if job.spread is not None and makers is not None else None
    if image is not None:
        image.serial = apex.serial
        work = replace(work, recording=image.record(job.now, [key.rdata for key in selection.signers], last))
    if tell.verbosity:
        tell.detail(4, f"using {workers} cpus")
        narrate(work, makers, tell)
    with report.phase("sign"):
        file.write(job.header)
        write_signed_zone(work, workers, file, report, image, tell.warn)
        report.octets += len(job.header)
    seal = Seal.of(work, apex, job.zonemd, job.rrclass) if job.zonemd else None
    return replace(_signed(job, apex, chain, selection, makers), held=held), seal


def _read_last(image: ImageFile, job: Job, report: Report, tell: Tell) -> Image | None:
    """The image that this one is to replace."""
    with report.phase("retain"):
        return read_image(image.path, job.origin, tell)


def _hold_back(job: Job, work: Work, selection: Selection, makers: Makers, report: Report) -> Held:
    """Leave to later runs what this one may not make of a change of keys."""
    from fastsign.sign.spread import hold_back

    assert job.spread is not None
    assert work.retained is not None
    assert work.chain is not None
    zone = work.arena, work.order, work.chain
    return hold_back(
        job.spread, zone, work.apex.lower(), work.signers, selection.signers, makers, work.retained, report
    )


def _signed(job: Job, apex: Apex, chain: Chain, selection: Selection, makers: Makers | None) -> Signed:
    """What goes with the zone. The parent is to know of no key that the zone hasn't, which BIND would tell it of."""
    dnskeys, ksks = apex.rdata_of(DNSKEY), {key.rdata for key in selection.keys if key.ksk}
    strangers = {(key.algorithm, key.tag) for key in selection.signers if not key.published}
    return Signed(
        dsset=dsset_text(job.origin, dnskeys, ksks),
        keyset=keyset_text(job.origin, dnskeys, chain.ttl, ksks) if job.keyset else "",
        algorithms=tuple(sorted({key.algorithm for key in selection.signers})),
        strangers=frozenset(strangers) | (makers.strangers if makers else frozenset()),
    )


def _order(job: Job, apex: Apex, tell: Tell) -> Order:
    """Order the zone once its content is what it is to be."""
    arena = apex.arena
    order = order_zone(arena, job.origin)
    if job.child_ds and replace_ds(job, arena, order, tell):
        order = order_zone(arena, job.origin)
    if job.max_ttl is not None:
        tell_of_capping(arena, order, job.max_ttl, tell)
        _core.cap_ttls(arena, job.max_ttl)
        order = order_zone(arena, job.origin)
    _spell_apex(job, apex, order)
    check_rrsets(arena, order, lambda row: job.input.line_of(job.origin, job.rrclass, row))
    _core.check_content(arena, order)
    return order


def _cap_key_ttl(job: Job, tell: Tell) -> Job:
    if job.max_ttl is None or job.key_ttl is None or job.key_ttl <= job.max_ttl:
        return job
    tell.warn(f"Specified key TTL {job.key_ttl} exceeds maximum zone TTL; reducing to {job.max_ttl}")
    return replace(job, key_ttl=job.max_ttl)


def _load(job: Job, tell: Tell, image: ImageFile | None) -> Arena:
    before = look_at_source(job) if image is not None else UNKNOWN
    loaded = job.input.load(job.origin, job.rrclass, job.now)
    if image is not None:
        image.source = settled_source(job, before, loaded.octets, image.clock)
    for warning in loaded.warnings:
        tell.warn(warning)
    if loaded.missing_journal:
        tell.remark(f"journal file {loaded.missing_journal} not found")
    return loaded.arena


def _spell_apex(job: Job, apex: Apex, order: Order) -> None:
    """What is added at the apex, and an NSEC that leads to it, has the name as the user spelled it, as in BIND."""
    names = order.node_name.view()
    if order.apex is not None and apex.arena.name(names[order.apex]) != job.origin:
        names[order.apex] = apex.origin_id()


def _tell_selection(selection: Selection, tell: Tell) -> None:
    for line in selection.reports:
        tell.report(line)
    for line in selection.logs:
        tell.detail(1, f"info: {line}")


def _existing_chain(apex: Apex) -> Existing:
    """What the input has of a chain. Its parameters are those of a zone that has keys, as BIND sees it."""
    parameters = sorted(apex.rdata_of(NSEC3PARAM))
    found = Existing(nsec=_has_trace_of(apex, _NSEC), nsec3=_has_trace_of(apex, NSEC3PARAM))
    in_use = [rdata for rdata in parameters if rdata[:2] == bytes([_SHA1, 0])]
    if not in_use or not any(map(facts.is_zone_key, apex.rdata_of(DNSKEY))):
        return found
    iterations, salt = int.from_bytes(in_use[0][2:4], "big"), in_use[0][5:]
    owner = b"\x20" + _core.hash_label(_core.nsec3_hash(apex.name, salt, iterations)) + apex.name
    types = apex.arena.rrtype.view()
    flags = [apex.arena.record_rdata(row)[1] for row in _core.find_rows(apex.arena, owner) if types[row] == _NSEC3]
    return replace(found, salt=salt, iterations=iterations, opt_out=bool(flags[0] & OPT_OUT) if flags else None)


def _has_trace_of(apex: Apex, rrtype: int) -> bool:
    """Are there records of a type at the apex, or signatures over such?"""
    return bool(apex.rows_of(rrtype) or apex.signatures_over(rrtype))


def _check_denial(job: Job, denial: Denial, apex: Apex) -> None:
    if denial.kind != NSEC3:
        return
    if any(rdata[3] in facts.NSEC_ONLY for rdata in apex.rdata_of(DNSKEY)):
        raise SigningError("NSEC3 generation requested with NSEC-only DNSKEY")
    if len(job.origin) > _APEX_MAX_FOR_NSEC3:
        message = f"the zone's name has {len(job.origin)} octets, and NSEC3 owner names leave room for 222 (RFC 5155)"
        raise ZoneError(message + "; sign it with NSEC (without -3)")


def _refit_apex(job: Job, apex: Apex, denial: Denial, tell: Tell) -> None:
    """Take out an earlier signing's chain, set the serial, announce the NSEC3 chain and the digests."""
    _core.take_out(apex.arena, [_NSEC, _NSEC3])
    if job.serial_method != serial.KEEP:
        number, warnings = serial.new_serial(job.serial_method, apex.serial, job.now, job.today)
        for warning in warnings:
            tell.warn(warning)
        apex.set_serial(number)
    # RFC 5155 section 4: one NSEC3PARAM, of the chain that is there; BIND gives it TTL 0.
    apex.replace(NSEC3PARAM, 0, [denial.nsec3param()] if denial.kind == NSEC3 else [])
    if job.zonemd:
        place(apex, job.zonemd)
    elif apex.rows_of(ZONEMD):
        apex.replace(ZONEMD, 0, [])
        tell.warn("the zone's ZONEMD record does not fit the signed zone and is left out; --zonemd makes a new one")


def _judge(job: Job, order: Order, chain: Chain, apex: Apex, makers: Makers, tell: Tell) -> Judge:
    return Judge(
        arena=apex.arena,
        order=order,
        chain=chain,
        apex=job.origin.lower(),
        keys=makers.keys,
        uses=makers.uses,
        now=job.now,
        cycle=job.refresh,
        one_by_one=job.engine == "openssl",
        verdicts=tell.verbosity > 1,
    )


def _work(job: Job, arena: Arena, order: Order, chain: Chain, selection: Selection, retained: Retained | None) -> Work:
    keys = selection.signers
    for key in keys:
        _check_validity(job, key)
    return Work(
        arena=arena,
        order=order,
        chain=chain,
        apex=job.origin,
        style=job.style,
        signers=tuple(_signer(job, key) for key in keys),
        keys=tuple(_reference(job, key) for key in keys),
        engine=job.engine,
        retained=retained,
        check=job.check,
        only=job.only,
    )


def _check_validity(job: Job, key: SelectedKey) -> None:
    """A signature must end after it begins, by less than half of the 32-bit clock (RFC 4034 section 3.1.5)."""
    ends = [job.expiration_dnskey] if key.roles & SIGNS_DNSKEY else []
    ends += [job.expiration] if key.roles & ~SIGNS_DNSKEY else []
    longest_jitter = max(job.jitter - 1, 0)
    for end in ends:
        if not (is_greater(end, job.inception) and longest_jitter < (end - job.inception) % 2**32):
            text = facts.key_text(job.origin, key.rdata)
            raise SigningError(f"dnskey '{text}' failed to sign data: invalid time")


def _signer(job: Job, key: SelectedKey) -> Signer:
    return Signer(
        algorithm=key.algorithm,
        tag=key.tag,
        roles=key.roles,
        signature_length=facts.signature_length(key.algorithm, key.rdata[4:]),
        inception=job.inception,
        expiration=job.expiration,
        expiration_dnskey=job.expiration_dnskey,
        jitter=job.jitter,
        seed=job.seed,
    )


def _reference(job: Job, key: SelectedKey) -> KeyReference:
    if key.file is None or key.file.private_path is None:
        raise SigningError(f"the key with tag {key.tag} is to sign, but its .private file is not there")
    return refer_to(key.file, job.hsm, check_all=not job.verify)


def _workers(job: Job, order: Order, chain: Chain, selection: Selection) -> int:
    """One for a small zone, whatever was asked for; for a large one as many as that, or one a core."""
    rows = len(order.rrset_type) + len(chain.source)
    if any(key.file is not None and key.file.metadata.in_hsm for key in selection.signers):
        most = job.hsm.workers if job.hsm is not None else 0
        return 1 if rows < _HSM_POOL_FROM_ROWS else most or job.workers or usable_cores()
    return 1 if rows < _POOL_FROM_ROWS else job.workers or usable_cores()
