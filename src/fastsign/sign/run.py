"""A run over one zone: sign it beside its place, verify what stands there, publish it, hand its DS set on."""

from __future__ import annotations

import os
from typing import BinaryIO

from fastsign.errors import FastsignError, system_reason
from fastsign.keys.ds import dsset_name, keyset_name
from fastsign.sign.job import Job
from fastsign.sign.pipeline import Signed, sign_zone
from fastsign.sign.report import Report
from fastsign.sign.tell import Tell
from fastsign.zone.write import AtomicFile, Output, StreamFile


def run(job: Job, output: Output, report: Report, tell: Tell) -> Signed:
    """Sign, verify and publish the zone that *job* describes, then write its dsset- and keyset- files.

    *output* (see open_output) is closed in any case. FastsignError, in BIND's words where BIND has any, if the zone
    can't be signed or, as a VerificationError, does not verify: then nothing has changed but the temporary file, which
    is gone.
    """
    with output:
        signed = sign_zone(job, output, report, tell)
        if job.verify:
            _verify(job, output, report, tell, signed)
        with report.phase("publish"):
            output.commit()
    if job.dsset_directory is not None:
        _write_beside(job.dsset_directory, dsset_name(job.origin), signed.dsset)
        if job.keyset:
            _write_beside(job.dsset_directory, keyset_name(job.origin), signed.keyset)
    return signed


def open_output(job: Job, stream: BinaryIO | None = None) -> Output:
    """The place that the zone goes to: the job's file, or *stream* if the job names none. Nothing shows there yet."""
    try:
        if job.output is not None:
            return AtomicFile(job.output)
        if stream is None:
            raise ValueError("the job names no output file, and there is no stream to write to")
        return StreamFile(stream)
    except OSError as error:
        raise FastsignError(f"failed to open temporary output file: {system_reason(error)}") from None


def _verify(job: Job, output: Output, report: Report, tell: Tell, signed: Signed) -> None:
    """Verify the octets on the disk. What stood under the output's name stays if they fail."""
    from fastsign.sign.verify import gate

    with report.phase("sync"):
        output.sync()
    with report.phase("verify"):
        gate(job, output.temporary, report, tell, signed.strangers)


def _write_beside(directory: str, name: str, text: str) -> None:
    """Write a file for the parent."""
    with AtomicFile(os.path.join(directory, name)) as file:
        file.write(text.encode())
        file.commit()
