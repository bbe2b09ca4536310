"""What a monitoring system is told: a collector for prometheus_client, its file for node_exporter, its server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from fastsign.errors import FileError, system_reason
from fastsign.keys import names
from fastsign.keys.facts import algorithm_name
from fastsign.rollover.key import RECORDS

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

    from fastsign.agent.loop import Task

_GAUGES = {
    "rrsig_earliest_expiry_timestamp_seconds": "When the first signature in the signed zone ends",
    "next_event_timestamp_seconds": "When the next event of the zone's keys is due",
    "last_attempt_timestamp_seconds": "When the zone was last looked after",
    "last_success_timestamp_seconds": "When the zone was last found or made as it should be",
    "up_to_date": "1 if the last attempt was a success, 0 if not",
    "serial": "Serial of the signed zone",
    "actions_waiting": "Changes that wait for a person, as a DS to be handed to the parent",
}
_KEY_STATE = "fastsign_key_state"


class Collector:
    """Turns the agent's tasks into metrics whenever it is asked."""

    def __init__(self, tasks: Callable[[], Mapping[bytes, Task]]) -> None:
        self._tasks = tasks

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        tasks = list(self._tasks().values())
        for name, text in _GAUGES.items():
            family = GaugeMetricFamily(f"fastsign_zone_{name}", text, labels=["zone"])
            for task in tasks:
                value = _value(task, name)
                if value is not None:
                    family.add_metric([names.to_text(task.zone.name)], value)
            yield family
        labels = ["zone", "key", "algorithm", "role", "record", "state"]
        states = GaugeMetricFamily(_KEY_STATE, "1 for the state that a record of a key is in", labels=labels)
        for task in tasks:
            for row in _key_states(task):
                states.add_metric(row, 1)
        yield states


def _value(task: Task, name: str) -> float | None:
    outcome = task.outcome
    own: dict[str, float | None] = {
        "last_attempt_timestamp_seconds": task.last_attempt,
        "last_success_timestamp_seconds": task.last_success or (outcome.last_success if outcome else None),
        "up_to_date": float(not task.failed and task.attempts > 0),
    }
    if name in own:
        return own[name]
    if outcome is None:
        return None
    return {
        "rrsig_earliest_expiry_timestamp_seconds": outcome.expires,
        "next_event_timestamp_seconds": outcome.next_event,
        "serial": outcome.serial,
        "actions_waiting": outcome.actions_waiting,
    }[name]


def _key_states(task: Task) -> Iterable[list[str]]:
    for key in task.outcome.keys if task.outcome else ():
        of_key = [names.to_text(task.zone.name), str(key.tag), algorithm_name(key.algorithm), key.role]
        for record in (*RECORDS, "goal"):
            state = getattr(key.state, record)
            if state is not None:
                yield [*of_key, record, state]


def registry_of(tasks: Callable[[], Mapping[bytes, Task]]) -> CollectorRegistry:
    """A registry of these metrics alone. FileError, with what to do, if prometheus_client is not installed."""
    try:
        from prometheus_client import CollectorRegistry
    except ImportError:
        raise FileError("metrics need prometheus_client: pip install 'fastsign[metrics]'") from None
    registry = CollectorRegistry()
    registry.register(Collector(tasks))
    return registry


def write_file(registry: CollectorRegistry, path: str) -> None:
    """Replace a file for node_exporter's textfile collector, which reads *.prom files, at once and whole."""
    from prometheus_client import generate_latest

    replaced = os.path.isfile(path) or not os.path.exists(path)  # a pipe or a device is written to
    temporary = f"{path}.{os.getpid()}" if replaced else path  # node_exporter takes no file of such a name
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        with open(descriptor, "wb") as file:
            file.write(generate_latest(registry))
        if replaced:
            os.rename(temporary, path)
    except OSError as error:
        if replaced:
            with suppress(OSError):
                os.unlink(temporary)
        raise FileError(f"{path}: {system_reason(error)}") from None


def serve(registry: CollectorRegistry, address: str, port: int) -> Callable[[], None]:
    """Answer GET /metrics in the background. Returns how to end that. FileError if the address can't be had."""
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as error:
        raise FileError(f"{address}:{port}: {system_reason(error)}") from None

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
