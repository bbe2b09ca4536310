"""How long fastsign's workers take to have an HSM make so many signatures, without a zone around them.

    python -m benchmarks.hsm_signer KEY WORKERS SIGNATURES

KEY names the files of a key in an HSM, whose module the environment names. Each worker has a session, as in signzone's
pool; all begin at once, when each has signed a first time. Prints the seconds from there until the last one is done.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from multiprocessing.synchronize import Barrier
from typing import Any

from fastsign._core import Column
from fastsign.keys.files import read_key
from fastsign.keys.pkcs11.settings import HsmSettings
from fastsign.keys.secret import KeyReference, open_secret, refer_to


def main() -> None:
    name, workers, signatures = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    settings = HsmSettings(module=os.environ["PKCS11_MODULE_PATH"])
    reference = refer_to(read_key(name, need_private=True), settings)
    context: Any = multiprocessing.get_context("fork")  # as the pool has it
    start = context.Barrier(workers + 1, timeout=60)  # not for ever, if one of them fails
    shares = [signatures * (i + 1) // workers - signatures * i // workers for i in range(workers)]
    running = [context.Process(target=sign, args=(reference, share, start)) for share in shares]
    for process in running:
        process.start()
    start.wait()
    begin = time.perf_counter()
    for process in running:
        process.join()
    print(f"{time.perf_counter() - begin:.6f}")
    sys.exit(any(process.exitcode for process in running))


def sign(reference: KeyReference, count: int, start: Barrier) -> None:
    """Sign *count* digests that are all different."""
    key = open_secret(reference)
    digests, signatures = Column("B", count * key.digest_length), Column("B", count * key.signature_length)
    for at in range(count):
        digests.view()[at * key.digest_length : at * key.digest_length + 8] = at.to_bytes(8, "little")
    start.wait()
    key.sign_digests(digests, count, signatures)


if __name__ == "__main__":
    main()
