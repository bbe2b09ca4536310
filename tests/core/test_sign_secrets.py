"""Where key material stands in memory: locked, out of core dumps, and gone when the key is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from private_keys import KeyPair, keygen

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from fastsign._core import Column, PrivateKey
path, algorithm, public = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
key = PrivateKey.load(path, algorithm, public)
out, data, offsets = Column("B", 20 * key.signature_length), Column("B", 20 * 64), Column("Q", 21)
key.sign_digests(data, 20, out) if key.digest_length else key.sign_messages(data, offsets, 20, out)
print("open", flush=True)
sys.stdin.readline()
del key
print("closed", flush=True)
sys.stdin.readline()
"""

SECRET_TAGS = {
    8: ("PrivateExponent", "Prime1", "Prime2", "Exponent1", "Exponent2", "Coefficient"),
    13: ("PrivateKey",),
    14: ("PrivateKey",),
    15: ("PrivateKey",),
    16: ("PrivateKey",),
}


def needles(pair: KeyPair) -> dict[str, bytes]:
    """The secrets of a key as bytes, as words and as the file's text; of each the middle."""
    found = {}
    for tag in SECRET_TAGS[pair.algorithm]:
        value = pair.field(tag)
        text = next(line for line in pair.path.read_text().splitlines() if line.startswith(f"{tag}: ")).encode()
        found |= {tag: value[4:28], f"{tag}, little-endian": value[::-1][4:28], f"{tag}, base64": text[-30:-3]}
    return found


def memory_of(process: int) -> list[tuple[str, bytes]]:
    """(what /proc/PID/smaps says of it, content) of each readable mapping."""
    mappings, head = [], ""
    smaps = Path(f"/proc/{process}/smaps").read_text().splitlines()
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in smaps:
            first = line.split()[0]
            if "-" in first and not first.endswith(":"):
                head = line
            if first != "VmFlags:" or " r" not in head or "[v" in head:
                continue
            begin, end = (int(part, 16) for part in head.split()[0].split("-"))
            memory.seek(begin)
            try:
                mappings.append((line, memory.read(end - begin)))
            except OSError:
                continue
    return mappings


@pytest.mark.parametrize("algorithm", SECRET_TAGS)
def test_nothing_of_a_key_is_left_in_memory_when_it_is_gone(algorithm: int, tmp_path: Path) -> None:
    pair = keygen(tmp_path, algorithm)
    command = [sys.executable, "-c", PROGRAM, str(pair.path), str(algorithm), pair.public_key.hex()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        while_open = memory_of(process.pid)
        print(file=process.stdin, flush=True)
        assert process.stdout.readline() == "closed\n"
        afterwards = memory_of(process.pid)
        process.stdin.close()

    secrets = needles(pair)
    assert any(secret in content for _, content in while_open for secret in secrets.values())  # the search works
    assert not [name for name, secret in secrets.items() for _, content in afterwards if secret in content]
    texts = [secret for name, secret in secrets.items() if "base64" in name]
    assert not any(text in content for _, content in while_open for text in texts)  # gone as soon as it was read
    if algorithm in (13, 14):  # these are in our own pages alone
        holding = [flags for flags, content in while_open if any(secret in content for secret in secrets.values())]
        assert holding
        assert all(" dd" in flags for flags in holding)
