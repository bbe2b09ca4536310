"""`fastsign run`: many zones, once and for good; hooks, signals, metrics, and zones that are broken among good ones."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import tools
from agent_registry import NOW, Registry
from agent_scene import ZONE
from inprocess import command

_PATIENCE = 60  # seconds, for what takes a fraction of one


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path, "one.test", "two.test", "three.test")


def test_all_zones_of_the_configuration_are_looked_after_once(registry: Registry) -> None:
    done = registry.once()
    assert [registry.signed(zone).exists() for zone in registry.zones] == [True] * 3
    assert len(re.findall("published .*, serial 1, 1[0-9] signatures made, 0 kept", done.stderr)) == 3
    again = registry.once()
    assert again.stderr == ""


def test_named_zones_alone_are_looked_after(registry: Registry) -> None:
    registry.once("two.test")
    assert [zone for zone in registry.zones if registry.signed(zone).exists()] == ["two.test"]
    done = registry.once("tow.test", check=False)
    assert done.code == 1
    assert "zone tow.test is not in the configuration; did you mean two.test?" in done.stderr


def test_broken_zone_does_not_stop_the_others_and_the_exit_code_tells(registry: Registry) -> None:
    registry.file("one.test").write_text("@ IN SOA nonsense\n")
    done = registry.once(check=False)
    assert done.code == 1
    assert re.search(r"zone one\.test: error: .*one\.test\.db:1: ", done.stderr)
    assert [zone for zone in registry.zones if registry.signed(zone).exists()] == ["two.test", "three.test"]


def test_broken_configuration_is_told_in_full(registry: Registry) -> None:
    registry.configure("nowhere")
    done = registry.once(check=False)
    assert done.code == 1
    assert "named.conf:2" in done.stderr


def test_hook_is_called_once_for_each_publication(registry: Registry) -> None:
    hook = registry.folder / "hook"
    hook.write_text(f'#!/bin/sh\necho "$0 $* $FASTSIGN_ZONE $FASTSIGN_SERIAL" >> {registry.folder}/called\n')
    hook.chmod(0o755)
    registry.once("--on-publish", f"{hook} extra", "one.test")
    registry.once("--on-publish", f"{hook} extra", "one.test")
    path = registry.signed("one.test")
    assert (registry.folder / "called").read_text() == f"{hook} extra one.test. {path} one.test. 1\n"


def test_hook_has_what_it_asks_for(registry: Registry) -> None:
    called = registry.folder / "called"
    called.mkdir()
    registry.once("--on-publish", f"touch {called}/{{zone}}-{{serial}}", "one.test")
    assert [path.name for path in called.iterdir()] == ["one.test.-1"]


@pytest.mark.parametrize(
    ("hook", "complaint"),
    [
        ("false", "false ended with 1"),
        ("/nowhere", "can't be run: file not found"),
        ("sleep", "took longer than 1 "),
    ],
)
def test_hook_that_fails_is_told_of_and_called_again(registry: Registry, hook: str, complaint: str) -> None:
    if hook == "sleep":
        script = registry.folder / "slow"
        script.write_text("#!/bin/sh\nsleep 60\n")
        script.chmod(0o755)
        hook = str(script)
    done = registry.once("--on-publish", hook, "--hook-timeout", "1", "one.test", check=False)
    assert (done.code, complaint in done.stderr) == (1, True), done.stderr
    assert registry.signed("one.test").exists()
    done = registry.once("--on-publish", "true", "one.test")
    assert done.stderr == ""
    assert registry.once("--on-publish", "false", "one.test").code == 0, "it has been told"


def test_metrics_are_in_a_file_that_is_replaced_whole(registry: Registry) -> None:
    path = registry.folder / "fastsign.prom"
    registry.file("one.test").write_text("nonsense\n")
    registry.once("--metrics-file", path, check=False)
    text = path.read_text()
    assert 'fastsign_zone_up_to_date{zone="one.test."} 0.0' in text
    assert 'fastsign_zone_up_to_date{zone="two.test."} 1.0' in text
    assert re.search(r'last_success_timestamp_seconds\{zone="two.test."\} 1\.795e\+09', text)
    assert 'fastsign_zone_serial{zone="two.test."} 1.0' in text
    assert re.search(r'fastsign_key_state\{.*record="dnskey",role="CSK",state="rumoured",zone="two.test."\} 1.0', text)
    expiry = re.search(r'earliest_expiry_timestamp_seconds\{zone="two.test."\} (\S+)', text)
    assert expiry
    assert NOW + 13 * 86400 < float(expiry[1]) <= NOW + 14 * 86400
    assert [path.name for path in registry.folder.glob("*.prom*")] == ["fastsign.prom"]


def test_last_success_survives_in_metrics_of_a_zone_that_fails(registry: Registry) -> None:
    registry.once("one.test")
    (private,) = (registry.folder / "keys").glob("Kone*.private")
    private.write_text("nonsense\n")
    path = registry.folder / "fastsign.prom"
    registry.once("--metrics-file", path, "one.test", now=NOW + 3600, check=False)
    line = re.search(r'last_success_timestamp_seconds\{zone="one.test."\} (\S+)', path.read_text())
    assert line
    assert float(line[1]) == NOW


def test_json_log_has_an_object_a_line(registry: Registry) -> None:
    lines = [json.loads(line) for line in registry.once("--json-log", "one.test").stderr.splitlines()]
    assert [line["event"] for line in lines][-1] == "signed"
    assert {line["zone"] for line in lines} == {"one.test"}
    assert lines[-1]["serial"] == 1
    assert lines[-1]["time"] == NOW


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--metrics-listen", "9153"], "an address and a port are wanted"),
        (["--on-publish", ""], "--on-publish must be followed by a command"),
        (["--poll", "soon"], "--poll must be followed by a number of seconds"),
        (["-c", "/nowhere/named.conf"], "/nowhere/named.conf"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_said(registry: Registry, options: list[str], complaint: str) -> None:
    done = command("run", "-c", registry.conf, *options, now=NOW, check=False)
    assert (done.code, complaint in done.stderr) == (1, True), done.stderr


# ---- for good


@contextmanager
def running(registry: Registry, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-m", "fastsign", "run", "-c", str(registry.conf), "--poll", "1", *arguments]
    with (registry.folder / "log").open("w") as log, subprocess.Popen(line, stderr=log, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(what: Callable[[], object]) -> None:
    """Wait for what comes soon."""
    end = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_agent_notices_changes_reloads_and_stops_when_asked(registry: Registry) -> None:
    def log() -> str:
        return (registry.folder / "log").read_text()

    with running(registry, "--metrics-listen", "127.0.0.1:0", "-v", "1") as process:
        until(lambda: log().count("published") == 3)
        registry.file("one.test").write_text(ZONE + "new A 192.0.2.9\n")
        until(lambda: log().count("published") == 4)
        assert "new" in registry.signed("one.test").read_text()
        registry.zones.append("four.test")
        registry.file("four.test").write_text(ZONE)
        registry.configure()
        process.send_signal(signal.SIGHUP)
        until(registry.signed("four.test").exists)
        until(lambda: "configuration reloaded, 4 zones" in log())
        registry.conf.write_text("dnssec-policy { };\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: "the configuration can't be used, the one before stays" in log())
        registry.file("two.test").write_text(ZONE + "new A 192.0.2.9\n")
        until(lambda: re.search("zone two.test: published .*serial [2-9]", log()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(_PATIENCE) == 0
    assert not list(registry.folder.glob("*.fastsign"))
    left = (registry.folder / "keys" / ".fastsign").iterdir()
    assert {path.suffix for path in left} == {".json", ".lock"}


def test_agent_that_is_killed_is_taken_up_by_the_next(registry: Registry) -> None:
    with running(registry) as process:
        until(registry.signed("one.test").exists)
        process.kill()
    assert registry.once(now=int(time.time()) + 5).code == 0
    for zone in registry.zones:
        tools.run("dnssec-verify", "-q", "-z", "-o", zone, registry.signed(zone))
        assert len(list((registry.folder / "keys").glob(f"K{zone}*.key"))) == 1


def test_two_agents_do_not_work_on_one_zone(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    from fastsign.agent import cycle

    monkeypatch.setattr(cycle, "locked", partial(cycle.locked, timeout=0.1))
    registry.once("one.test")
    with FileLock(registry.folder / "keys" / ".fastsign" / "one.test.lock"):
        done = registry.once("one.test", check=False)
    assert done.code == 1
    assert "is being worked on by another process" in done.stderr


def test_metrics_are_answered_by_http(registry: Registry) -> None:
    from fastsign.agent import metrics

    served = metrics.registry_of(dict)
    port = _free_port()
    close = metrics.serve(served, "127.0.0.1", port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"fastsign_zone_up_to_date" in answer.read()
    finally:
        close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
