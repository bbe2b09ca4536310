"""A run over one zone: sign it beside its place, verify what stands there, publish it, hand its DS set on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from fastsign.errors import FileError, VerificationError, system_reason
from fastsign.keys.ds import dsset_name, keyset_name
from fastsign.sign.image import ImageFile, open_image
from fastsign.sign.job import Job
from fastsign.sign.pipeline import Signed, sign_zone
from fastsign.sign.report import Report
from fastsign.sign.tell import Tell
from fastsign.sign.unchanged import parameters_of
from fastsign.zone.write import AtomicFile, Output, StreamFile, place_together, sync_together

_WORTH_A_HINT = 1 << 20  # octets that the disk may as well be writing while they are verified


@dataclass(frozen=True, slots=True)
class Prepared:
    """A zone that is signed and verified; nobody sees it yet."""

    job: Job
    output: Output
    signed: Signed
    image: ImageFile | None = None  # of its signatures; publish closes it, and who does not publish has to


def run(job: Job, output: Output, report: Report, tell: Tell) -> Signed:
    """Sign, verify and publish the zone that *job* describes, and its dsset- and keyset- files.

    *output* (see open_output) is closed in any case. FastsignError, in BIND's words where BIND has any, if the zone
    can't be signed or, as a VerificationError, does not verify: then nothing has changed, and the temporary file is
    gone.
    """
    with output:
        prepared = prepare(job, output, report, tell)
        with prepared.image or nullcontext(), report.phase("publish"):
            errors = publish([prepared])
    if errors:
        raise errors[0]
    return prepared.signed


def open_output(job: Job, stream: BinaryIO | None = None) -> Output:
    """The place that the zone goes to: the job's file, or *stream* if the job names none. Nothing shows there yet."""
    try:
        if job.output is not None:
            return AtomicFile(job.output)
        if stream is None:
            raise ValueError("the job names no output file, and there is no stream to write to")
        return StreamFile(stream)
    except OSError as error:
        raise FileError(f"failed to open temporary output file: {system_reason(error)}") from None


def prepare(job: Job, output: Output, report: Report, tell: Tell) -> Prepared:
    """Sign into *output* and verify what it holds; else as run."""
    with ExitStack() as failing:
        image = open_image(job.image, tell)
        if image is not None:
            failing.enter_context(image)
        try:
            signed = _sign_and_verify(job, output, report, tell, image)
        except VerificationError:
            if image is None or not image.is_trusted or not report.retained:
                raise
            tell.warn(f"signing again: this time each signature of the image {job.image} is verified before it is used")
            image.is_trusted = False
            output.restart()
            report.restart()
            signed = _sign_and_verify(job, output, report, tell, image)
        if image is None or not _finish(image, job, output, tell):
            return Prepared(job, output, signed)
        failing.pop_all()
        return Prepared(job, output, signed, image)


def _finish(image: ImageFile, job: Job, output: Output, tell: Tell) -> bool:
    """Complete the image of a zone that is all that it will be; what can't be written is only missed."""
    if not image.failure:
        image.finish(job.origin, job.now, parameters_of(job), output)
    if image.failure:
        tell.warn(f"the image {job.image} can't be written: {image.failure}")
    return not image.failure


def _sign_and_verify(job: Job, output: Output, report: Report, tell: Tell, image: ImageFile | None) -> Signed:
    signed = sign_zone(job, output, report, tell, image)
    if job.verify:
        from fastsign.sign.verify import gate

        if report.octets >= _WORTH_A_HINT:
            output.begin_sync()
        with report.phase("verify"):
            gate(job, output.temporary, report, tell, signed.strangers)
    return signed


def publish(zones: Sequence[Prepared]) -> dict[int, OSError]:
    """Put zones in place, durably, then the files for the parents of those that are: a parent is never ahead.

    Returns what went wrong, by the zone's number.
    """
    errors: dict[int, OSError] = {}
    outputs: list[tuple[int, Output]] = [(i, zone.output) for i, zone in enumerate(zones)]
    with ExitStack() as stack:
        # A zone is in place before its image: one that is older than the image would lead to nothing wrong, either.
        images = ((i, zone.image) for i, zone in enumerate(zones) if zone.image is not None)
        outputs += [(i, stack.enter_context(image)) for i, image in images]
        for_parents = []
        for i, zone in enumerate(zones):
            try:
                for file in _write_for_parent(zone):
                    for_parents.append((i, stack.enter_context(file)))
            except OSError as error:
                errors[i] = error
        errors |= sync_together([*outputs, *for_parents])
        for files in (outputs, for_parents):
            errors |= place_together([(i, file) for i, file in files if i not in errors])
    return errors


def _write_for_parent(zone: Prepared) -> Iterator[AtomicFile]:
    """The dsset- and keyset- files, each still to be put in place."""
    job, signed = zone.job, zone.signed
    if job.dsset_directory is None:
        return
    yield _written(job.dsset_directory, dsset_name(job.origin), signed.dsset)
    if job.keyset:
        yield _written(job.dsset_directory, keyset_name(job.origin), signed.keyset)


def _written(directory: str, name: str, text: str) -> AtomicFile:
    file = AtomicFile(os.path.join(directory, name))
    try:
        file.write(text.encode())
    except BaseException:
        file.abandon()
        raise
    return file
