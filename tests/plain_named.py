"""named without policies: it loads zone files and answers rndc."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import parents
import tools

_CONF = """\
key "rndc" {{ algorithm hmac-sha256; secret "c2VjcmV0IG9mIHRoZSB0ZXN0cyB0aGF0IG5vYm9keSBuZWVkcw=="; }};
controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ "rndc"; }}; }};
options {{
    directory "{folder}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no; notify no;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
}};
"""
_ZONE = """\
zone "{name}" {{
    type primary; file "{name}.db"; sig-signing-nodes 1; sig-signing-signatures 1; {more}
}};
"""
_RNDC = """\
key "rndc" {{ algorithm hmac-sha256; secret "c2VjcmV0IG9mIHRoZSB0ZXN0cyB0aGF0IG5vYm9keSBuZWVkcw=="; }};
options {{ default-key "rndc"; default-server 127.0.0.1; default-port {control}; }};
"""
_START_UP = 30.0  # seconds


class Rndc:
    """The control channel of a named; `port` is where it answers questions, at 127.0.0.1."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._conf = folder / "rndc.conf"

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return tools.run("rndc", "-c", self._conf, *words, check=False)


@contextlib.contextmanager
def serving(folder: Path, zones: Mapping[str, str], more: str = "") -> Iterator[Rndc]:
    """named with these zones, by name -> text; *more* stands in the statement of each.

    What their records of the private type ask for it does one name at a time.
    """
    port, control = parents.free_port(), parents.free_port()
    statements = "".join(_ZONE.format(name=name, more=more) for name in zones)
    for name, text in zones.items():
        (folder / f"{name}.db").write_text(text)
    (folder / "named.conf").write_text(_CONF.format(folder=folder, port=port, control=control) + statements)
    (folder / "rndc.conf").write_text(_RNDC.format(control=control))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([tools.find("named"), "-g", "-n", "1", "-c", str(folder / "named.conf")], stderr=log)
    try:
        rndc = Rndc(folder, port)
        end = time.monotonic() + _START_UP
        while rndc("status").returncode != 0:
            alive = server.poll() is None and time.monotonic() < end
            assert alive, f"named does not start:\n{(folder / 'log').read_text()}"
        yield rndc
    finally:
        server.terminate()
        server.wait(timeout=30)
