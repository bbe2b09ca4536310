"""dnssec-signzone: sign a zone."""

from __future__ import annotations

from fastsign.cli.compat import common, hsm_options, long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, parse_number
from fastsign.cli.compat.signzone_job import Manner, Options, make_job, zonemd_hashes
from fastsign.cli.env import Env
from fastsign.sign.job import Job

_USAGE = """\
Usage:
	{program} [options] zonefile [keys]

Version: {version}
Options: (default value in parenthesis) \n\
	-S:	smart signing: automatically finds key files
		for the zone and determines how they are to be used
	-K directory:
		directory to find key files (.)
	-d directory:
		directory to find dsset-* files (.)
	-g:	update DS records based on child zones' dsset-* files
	-s [YYYYMMDDHHMMSS|+offset]:
		RRSIG start time - absolute|offset (now - 1 hour)
	-e [YYYYMMDDHHMMSS|+offset|"now"+offset]:
		RRSIG end time - absolute|from start|from now (now + 30 days)
	-X [YYYYMMDDHHMMSS|+offset|"now"+offset]:
		DNSKEY RRSIG end - absolute|from start|from now (matches -e)
	-i interval:
		cycle interval - resign if < interval from end ( (end-start)/4 )
	-j jitter:
		randomize signature end time up to jitter seconds
	-v debuglevel (0)
	-q quiet
	-V:	print version information
	-o origin:
		zone origin (name of zonefile)
	-f outfile:
		file the signed zone is written in (zonefile + .signed)
	-I format:
		file format of input zonefile (text)
	-O format:
		file format of signed zone file (text)
	-J file:
		journal of the changes since the zonefile was written
	-L serial:
		source serial number of the unsigned zone, in the header of a raw file
	-N format:
		soa serial format of signed zone file (keep)
	-M ttl:
		maximum TTL of the signed zone
	-G [cdnskey,][cds:digest,...]:
		records to publish for the parent with -S (cdnskey,cds:sha-256)
	-D:
		output only DNSSEC-related records
	-a:	verify generated signatures
	-c class (IN)
	-E engine:
		name of an OpenSSL engine to use
	-P:	disable post-sign verification
	-Q:	remove signatures from keys that are no longer active
	-R:	remove signatures from keys that no longer exist
	-T TTL:	TTL for newly added DNSKEYs
	-t:	print statistics
	-u:	update or replace an existing NSEC/NSEC3 chain
	-x:	sign DNSKEY record with KSKs only, not ZSKs
	-z:	sign all records with KSKs
	-C:	generate a keyset file, for compatibility
		with older versions of dnssec-signzone -g
	-n ncpus (number of cpus present)
	-k key_signing_key
	-3 NSEC3 salt
	-H NSEC3 additional iterations (0)
	-A NSEC3 optout

Signing Keys: (default: all zone keys that have private keys)
	keyfile (Kname+alg+tag)
"""

# BIND 9.20's letters. Of those refused, -U and -Z are for BIND's own tests.
TOOL = Tool(
    "dnssec-signzone",
    "3:AaCc:Dd:E:e:f:FgG:hH:i:I:j:J:K:k:L:l:m:M:n:N:o:O:PpQqRr:s:ST:tuUv:VX:xzZ:",
    _USAGE,
    refused="FUZ",
    long={**long_names.SIGNZONE, "batch": ":", "image": ":", "json": "", "zonemd": ":", **hsm_options.LONG},
)

_MAX_KSKS = 8


def main(env: Env) -> int:
    """Sign one zone."""
    return common.run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    options = _read_options(line)
    if "batch" in options.values:
        from fastsign.cli.compat.signzone_batch import run_batch

        return run_batch(line, options.values["batch"], options.manner, options.workers())
    job = make_job(line, options, _operands(line))
    from fastsign.cli.compat.signzone_run import run_job

    return run_job(line, job, options.manner)


def read_line(line: CommandLine) -> tuple[Job, Manner]:
    """The job of one line of a batch, and what it is to say."""
    options = _read_options(line)
    if "batch" in options.values:
        raise FatalError("a batch can't name another one")
    return make_job(line, options, _operands(line)), options.manner


def _operands(line: CommandLine) -> list[str]:
    return line.operands or line.usage(1)


def _read_options(line: CommandLine) -> Options:
    options = Options()
    for letter, value in line:
        if letter == "batch":
            options.values[letter] = value
            return options  # what follows it is not for a single zone
        if letter == "k":
            options.ksk_names.append(value)
            if len(options.ksk_names) > _MAX_KSKS:
                raise FatalError("too many key-signing keys specified")
        elif letter == "A":
            options.opt_out = not options.opt_out  # a toggle: -AA clears the flag
        elif letter == "v":
            options.verbosity = parse_number(value, "verbose level must be numeric", -(2**31), base=0)
        elif letter == "hsm-replica":
            options.replicas.append(value)
        elif letter == "zonemd":
            options.zonemd += zonemd_hashes(value)
        elif letter in "prl":
            _obsolete(letter)
        elif letter == "m":
            line.warn(f"warning: -m {value}: fastsign has no memory debugging; nothing is recorded")
        elif line.takes_value(letter):
            options.values[letter] = value
        else:
            options.flags.add(letter)
    return options


def _obsolete(letter: str) -> None:
    if letter == "l":
        raise FatalError("-l option (DLV lookaside) is obsolete")
    raise FatalError(f"The -{letter} {'option has' if letter == 'p' else 'options has'} been deprecated.\n")
