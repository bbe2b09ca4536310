"""Something happens to the signed zone after it was written and before it is verified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastsign.sign import verify
from fastsign.sign.job import Job


def spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]) -> None:
    """Let *change* have the temporary file before the gate does."""
    whole_gate = verify.gate

    def gate(job: Job, path: str, *rest: Any) -> None:
        change(Path(path))
        whole_gate(job, path, *rest)

    monkeypatch.setattr(verify, "gate", gate)
