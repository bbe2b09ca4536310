"""Shell scripts as registries have them, run once with BIND's tools and once with ours by the same names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import tools
from installation import environ_with, install

ZONE = """\
$TTL 3600
@ IN SOA ns1 hostmaster.example. 2026112401 7200 3600 1209600 900
  NS ns1
  NS ns2.sub
  MX 10 mail
ns1 A 192.0.2.1
mail A 192.0.2.2
  AAAA 2001:db8::1
sub NS ns2.sub
ns2.sub A 192.0.2.3
sec NS ns.sec
sec DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE000000000000000000000000
ns.sec A 192.0.2.4
txt TXT "a b" "DNSKEY"
"""
SIGN = "dnssec-signzone -S -s 20261101000000 -e 20391201000000 -o example -f example.signed"

SCRIPTS = {
    "the keys of the signed zone, by the second column": """
        dnssec-signzone -S -o example -f example.signed zone >log 2>&1 || exit 1
        awk '$2=="DNSKEY" {n[$3]++} END {for (f in n) print f, n[f]}' example.signed | sort
    """,
    "how many signatures were made": """
        dnssec-signzone -S -t -o example -f example.signed zone >log 2>err || exit 1
        grep "Signatures generated" log
        awk '/^Signatures generated:/ {print $3}' log
        awk -F: '/^Signatures (retained|dropped|successfully|unsuccessfully)/ {print $1 $2 + 0}' log
        [ "$(awk '/Signatures generated/ {print $NF}' log)" -gt 10 ] && echo enough
    """,
    "key ids from the comments": """
        dnssec-signzone -S -o example -f example.signed zone >log 2>&1 || exit 1
        grep -o 'key id = [0-9]*$' example.signed | sort
        sed -n 's/.*; \\([KZ]SK\\); alg = \\([A-Z0-9]*\\) *; key id = \\([0-9]*\\)$/\\1 \\2 \\3/p' example.signed | sort
    """,
    "the serial, counting fields of the SOA line": """
        dnssec-signzone -S -N increment -o example -f example.signed zone >log 2>&1 || exit 1
        awk '/[ \\t]SOA[ \\t]/ && !/RRSIG/ {print NF; getline; print $1, NF; exit}' example.signed
        awk '$3=="IN" && $4=="SOA" {print NF}' example.signed
        awk '/; serial$/ {print $1}' example.signed
        grep -c '; serial' example.signed
    """,
    "one record a line": """
        dnssec-signzone -S -O full -o example -f example.signed zone >log 2>&1 || exit 1
        awk '$4=="SOA" {print NF, $7, $1}' example.signed
        awk '$4=="RRSIG" {n[$5]++} END {for (t in n) print t, n[t]}' example.signed | sort
        awk '$4=="DNSKEY" {print $5, $6, $7, NF}' example.signed | sort
        cut -f1 -d' ' example.signed | sort | uniq -c | sort -rn
    """,
    "what to send to the parent": """
        dnssec-signzone -S -o example -f example.signed zone >log 2>&1 || exit 1
        while read -r owner class type tag algorithm digest hash rest; do
            echo "$owner|$class|$type|$tag|$algorithm|$digest|$hash$rest"
        done <dsset-example.
        for key in Kexample.*.key; do
            grep -q ' 257 3 ' "$key" && dnssec-dsfromkey -2 "$key" && dnssec-dsfromkey -C -T 300 "$key"
        done
        tr -d ' \\t' <dsset-example.
        dnssec-dsfromkey -f example.signed example | cut -d' ' -f4-7 | sort
    """,
    "the name of the signed file is the last line": """
        out=$(dnssec-signzone -S -o example zone 2>err | tail -1)
        echo "$out"; test -s "$out" && echo there
        dnssec-signzone -S -o example zone 2>&1 | grep -c 'fully signed'
    """,
    "is it signed and complete": """
        dnssec-signzone -S -o example -f example.signed zone >log 2>&1 || exit 1
        dnssec-verify -o example example.signed >log 2>&1 && echo good
        sed 's/192.0.2.1$/192.0.2.9/' example.signed >example.bad
        dnssec-verify -o example example.bad >log 2>&1 || echo "bad $?"
        grep -c 'DNSSEC completeness test failed' log
    """,
    "sign only if the zone has changed": """
        dnssec-signzone -S -o example -f example.signed zone >log 2>&1 || exit 1
        if dnssec-signzone -S -o example -f new missing >log 2>&1; then echo signed; else echo "failed $?"; fi
        test -e new || echo "nothing there"
        tail -1 log
    """,
    "a key whose times run out": """
        for key in Kexample.*.key; do
            awk '/^; (Publish|Activate):/ {print $2, $3}' "$key"
            awk '/keyid/ {sub(",", "", $8); print $8}' "$key"
            sed -n 's/^; This is a \\([a-z]*\\)-signing key, keyid \\([0-9]*\\), for \\(.*\\)$/\\1 \\2 \\3/p' "$key"
        done
        for key in Kexample.*.private; do awk '/^(Created|Publish|Activate):/ {print $1, $2}' "$key"; done
    """,
    "times of the signatures": f"""
        {SIGN} zone >log 2>&1 || exit 1
        awk '$2=="RRSIG" {{getline; print $1, $2, $3, $4}}' example.signed | sort | uniq -c
        grep -c 20391201000000 example.signed
    """,
    "hashes of names": """
        for name in example ns1.example '*.example'; do
            nsec3hash AABB 1 5 "$name" | cut -d' ' -f1
        done
        dnssec-signzone -S -3 AABB -H 5 -o example -f example.signed zone >log 2>&1 || exit 1
        hash=$(nsec3hash AABB 1 5 mail.example | awk '{print $1}')
        grep -c "^$hash.example. " example.signed
    """,
    "follow the child": """
        dnssec-signzone -S -o example -f example.signed zone >log 2>&1 || exit 1
        touch -d '3 hours ago' dsset-example.
        dnssec-cds -u -f example.signed -d . example; echo "$?"
        dnssec-cds -i.bak -f example.signed -d . example; echo "$?"
        ls dsset-*; cat dsset-example.
    """,
}


@pytest.fixture(scope="module")
def ours_first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which our commands have the names of BIND's tools, made as a user makes it."""
    folder = tmp_path_factory.mktemp("links")
    program = install(tmp_path_factory.mktemp("bin"))
    subprocess.run([program, "install-links", "-q", folder], env=environ_with(), check=True)
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / "zone").write_text(ZONE)
    for options in (("-a", "13", "-f", "KSK", "-P", "sync", "now"), ("-a", "13"), ("-a", "8", "-b", "1024")):
        tools.run("dnssec-keygen", "-q", *options, "example", cwd=folder)
    tools.run("dnssec-keygen", "-q", "-a", "8", "-b", "1024", "-f", "KSK", "example", cwd=folder)
    return folder


def run_script(script: str, source: Path, folder: Path, links: Path | None = None) -> tuple[int, str, str]:
    shutil.copytree(source, folder)
    environ = {**(environ_with(links) if links else os.environ), "LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run(
        ["sh", "-u", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("purpose", sorted(SCRIPTS))
def test_a_script_has_the_same_result(purpose: str, source: Path, ours_first: Path, tmp_path: Path) -> None:
    for tool in re.findall(r"dnssec-[a-z]+|nsec3hash", SCRIPTS[purpose]):
        assert tools.find(tool)
    theirs = run_script(SCRIPTS[purpose], source, tmp_path / "theirs")
    mine = run_script(SCRIPTS[purpose], source, tmp_path / "ours", ours_first)
    assert mine[1].splitlines() == theirs[1].splitlines()
    assert mine == theirs
    assert theirs[1], "a script that prints nothing shows nothing"
