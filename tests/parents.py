"""Servers on loopback that play a parent: nsd, which is a real one, and one made here, which does what none would."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rrset

import tools

_CONF = """\
server:
    ip-address: 127.0.0.1@{port}
    ip-address: 127.0.0.2@{port}
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    pidfile: ""
    logfile: "{folder}/log"
    server-count: 1
    verbosity: 1
remote-control:
    control-enable: no
{keys}
zone:
    name: "{zone}"
    zonefile: "parent.zone"
"""

_START_UP = 20.0  # seconds that nsd may take until it answers


def free_port() -> int:
    """A port that nobody has, of UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("", 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind(("", port))
                return port


@contextlib.contextmanager
def nsd(folder: Path, zone: str, text: str, keys: str = "") -> Iterator[int]:
    """nsd with one zone, at 127.0.0.1 and 127.0.0.2; gives its port. *keys*: `key:` clauses of its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (folder / "parent.zone").write_text(text)
    (folder / "nsd.conf").write_text(_CONF.format(port=port, folder=folder, zone=zone, keys=keys))
    server = subprocess.Popen([tools.find("nsd"), "-d", "-c", str(folder / "nsd.conf")], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, zone, server, folder / "log")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int, zone: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_UP
    question = dns.message.make_query(zone, "SOA")
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(dns.exception.DNSException, OSError):
            if dns.query.udp(question, "127.0.0.1", timeout=0.3, port=port).answer:
                return
    raise AssertionError(f"nsd does not answer:\n{log.read_text() if log.exists() else ''}")


Behaviour = Callable[[dns.message.Message, bool], "dns.message.Message | None"]  # (question, is it TCP?) -> answer


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = self.request
        answer = self.server.answer(wire, self.client_address, False)
        if answer is not None:
            with contextlib.suppress(OSError):  # who asked may have gone
                sock.sendto(answer.to_wire(), self.client_address)


class _Tcp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            sock = self.request
            length = int.from_bytes(sock.recv(2), "big")
            wire = b""
            while len(wire) < length and (part := sock.recv(length - len(wire))):
                wire += part
            answer = self.server.answer(wire, self.client_address, True)
            if answer is not None:
                sock.sendall(answer.to_wire(prepend_length=True))


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def made_up(
    behaviour: Behaviour,
    address: str = "127.0.0.1",
    *,
    port: int = 0,
    seen: list[str] | None = None,
    keyring: dict[str, bytes] | None = None,
) -> Iterator[int]:
    """A server that behaves as told, by UDP and TCP; gives its port.

    *seen* gets the addresses that questions come from; *keyring* lets it read signed ones.
    """
    keys = {dns.name.from_text(name): secret for name, secret in (keyring or {}).items()}

    def answer(wire: bytes, client: tuple[str, int], tcp: bool) -> dns.message.Message | None:
        if seen is not None:
            seen.append(client[0])
        return behaviour(dns.message.from_wire(wire, keyring=keys), tcp)

    port = port or free_port()
    servers = (_UdpServer((address, port), _Udp), _TcpServer((address, port), _Tcp))
    for server in servers:
        server.answer = answer
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield port
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def answer_to(question: dns.message.Message, *sections: tuple[str, str]) -> dns.message.Message:
    """An answer with AA; *sections*: ("answer" or "authority", a record's text)."""
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.AA
    for section, text in sections:
        owner, ttl, rrtype, *rest = text.split(None, 3)
        getattr(answer, section).append(dns.rrset.from_text(owner, int(ttl), "IN", rrtype, *rest))
    return answer
