"""Signing bundles of key records with key-signing keys, one by one. The secrets are the core's alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastsign._core import Column
from fastsign.errors import SkrError
from fastsign.keys import facts, names, times
from fastsign.keys.files import KeyFile
from fastsign.keys.rrsig import parse_rrsig, signed_data
from fastsign.keys.secret import Secret, open_secret, refer_to
from fastsign.keys.skr import BEGINS_BEFORE, Bundle, check_bundle
from fastsign.zone.sets import RRset

if TYPE_CHECKING:
    from fastsign.keys.pkcs11.settings import HsmSettings


class BundleSigner:
    """Signs bundles of one zone. Each key is opened once, when it is first needed."""

    def __init__(self, zone: bytes, engine: str = "", hsm: HsmSettings | None = None) -> None:
        self.zone, self.engine, self.hsm = zone.lower(), engine, hsm
        self._open: dict[bytes, Secret] = {}

    def sign(self, inception: int, expiration: int, rrsets: Mapping[int, RRset], keys: Sequence[KeyFile]) -> Bundle:
        """The bundle of these RRsets with signatures by each key, from an hour before *inception* until *expiration*.

        It is verified before it is returned. SkrError if there is no key, or if signatures are missing or wrong;
        KeyFileError if a secret can't be had.
        """
        if not keys:
            raise SkrError(f"no KSK is in the zone for bundle {times.digits_and_local(inception)}: nothing signs it")
        begins = (inception - BEGINS_BEFORE) % 2**32
        signed = {}
        for rrtype, rrset in rrsets.items():
            signatures = [self._rrsig(key, rrtype, rrset, begins, expiration % 2**32) for key in keys]
            signed[rrtype] = rrset._replace(signatures=tuple(sorted(signatures)))
        bundle = Bundle(inception, signed)
        check_bundle(self.zone, bundle, inception)
        return bundle

    def _rrsig(self, key: KeyFile, rrtype: int, rrset: RRset, begins: int, ends: int) -> bytes:
        """RRSIG RDATA (RFC 4034 section 3.1)."""
        numbers = [(rrtype, 2), (key.algorithm, 1), (len(names.labels_of(self.zone)), 1)]
        numbers += [(rrset.ttl, 4), (ends, 4), (begins, 4), (key.tag, 2)]
        head = b"".join(number.to_bytes(size, "big") for number, size in numbers) + self.zone
        data = signed_data(parse_rrsig(head), self.zone, rrset.rdatas, key.rrclass)
        return head + _signature(self._secret(key), data)

    def _secret(self, key: KeyFile) -> Secret:
        if key.rdata not in self._open:
            if key.private_path is None or not key.can_sign:
                raise SkrError(f"the secret of key {facts.key_text(key.owner, key.rdata)} is not there")
            self._open[key.rdata] = open_secret(refer_to(key, self.hsm, check_all=True), self.engine)
        return self._open[key.rdata]


def _signature(key: Secret, data: bytes) -> bytes:
    """One signature: over a digest, or over the data where the algorithm takes them as they are."""
    row, offsets, signature = Column("B", len(data)), Column("Q", 2), Column("B", key.signature_length)
    row.view()[:] = data
    if key.digest_length:
        key.sign_digests(row, 1, signature)
    else:
        offsets.view()[:] = memoryview(bytes(16)).cast("Q")
        offsets.view()[1] = len(data)
        key.sign_messages(row, offsets, 1, signature)
    return bytes(signature.view())
