"""The name of a zone in the names of its key files, there and back."""

from __future__ import annotations

import pytest

from agent_scene import START
from fastsign.keys import names
from fastsign.keys.metadata import KeyState, KeyTimes
from fastsign.rollover.key import Key


@pytest.mark.parametrize("text", [".", "example.", "1/2.0.192.in-addr.arpa.", r"a\.b\$c.test.", r"a\000b\255.%41."])
def test_a_name_comes_back(text: str) -> None:
    wire = names.from_text(text)
    assert names.from_file_text(names.to_file_text(wire)) == wire


@pytest.mark.parametrize("text", [".", "example", "1/2.0.192.in-addr.arpa", r"a\.b\$c.test"])
def test_a_keys_label_names_the_zone_as_bind_does(text: str) -> None:
    name = names.key_file_name(names.from_text(text), 13, 7)
    key = Key(name, 13, 7, 135, 256, True, True, 3600, KeyTimes(created=START), KeyState())
    assert key.zone == text
    assert key.label == f"{text}/ECDSAP256SHA256/7"
