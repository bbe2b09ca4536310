"""A zone goes from named to fastsign and back with its files, as the guide says to do it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import dns.exception
import dns.message
import dns.query

import parents
import tools
from inprocess import command

ZONE = "$TTL 3600\n@ SOA ns h {serial} 7200 3600 1209600 3600\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.2\n"
SECRET = 'key "rndc" { algorithm hmac-sha256; secret "c2VjcmV0IG9mIHRoZSB0ZXN0cyB0aGF0IG5vYm9keSBuZWVkcw=="; };\n'
CONF = """\
controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ "rndc"; }}; }};
options {{
    directory "{folder}"; key-directory "{folder}/keys"; pid-file none; session-keyfile none; recursion no;
    dnssec-validation no; notify no; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
}};
zone "x.example" {{ type primary; file "x.db"; dnssec-policy default; inline-signing yes; }};
"""
RNDC = 'options {{ default-key "rndc"; default-server 127.0.0.1; default-port {control}; }};\n'
PATIENCE = 60.0  # seconds


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"named never {what}"
        time.sleep(0.1)


def soa_serial(port: int) -> int:
    """Of the signed zone that named serves; 0 while it serves none."""
    query = dns.message.make_query("x.example.", "SOA", want_dnssec=True)
    try:
        answer = dns.query.udp(query, "127.0.0.1", port=port, timeout=2).answer
    except (OSError, dns.exception.DNSException):
        return 0
    return int(answer[0][0].serial) if len(answer) == 2 else 0


def let_named_sign(folder: Path) -> int:
    """Start named, wait for the signed zone, have it written out, stop named: the serial."""
    port, control = parents.free_port(), parents.free_port()
    (folder / "named.conf").write_text(SECRET + CONF.format(folder=folder, port=port, control=control))
    (folder / "rndc.conf").write_text(SECRET + RNDC.format(control=control))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([tools.find("named"), "-g", "-n", "1", "-c", str(folder / "named.conf")], stderr=log)
    try:
        until(lambda: soa_serial(port), "served the signed zone")
        serial = soa_serial(port)
        rndc = ("rndc", "-c", folder / "rndc.conf", "sync", "-clean", "x.example")
        until(lambda: tools.run(*rndc, check=False).returncode == 0, "wrote the zone out")
        until((folder / "x.db.signed").exists, "wrote the signed zone")
        return max(serial, soa_serial(port))
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def test_from_named_to_fastsign_and_back(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "x.db").write_text(ZONE.format(serial=1))
    theirs = let_named_sign(tmp_path)
    keys = sorted(path.name for path in tmp_path.glob("keys/K*"))

    ran = command("run", "-c", tmp_path / "named.conf", "--once")
    assert "created" not in ran.stderr
    assert " kept" in ran.stderr
    assert ", 0 kept" not in ran.stderr, "named's signatures are as good as ours"
    tools.run("dnssec-verify", "-q", "-z", "-o", "x.example", tmp_path / "x.db.signed")
    ours = int(ran.stderr.partition(", serial ")[2].partition(",")[0])
    assert ours > theirs
    assert sorted(path.name for path in tmp_path.glob("keys/K*")) == keys

    for name in ("x.db.signed", "x.db.signed.fsi"):
        (tmp_path / name).unlink()
    (tmp_path / "x.db.signed.jnl").unlink(missing_ok=True)
    (tmp_path / "x.db").write_text(ZONE.format(serial=ours + 10))
    assert let_named_sign(tmp_path) > ours
    assert sorted(path.name for path in tmp_path.glob("keys/K*")) == keys
