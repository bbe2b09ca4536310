"""Serials in RFC 1982 arithmetic, by BIND's methods."""

import pytest

from fastsign.sign.serial import WOULD_NOT_ADVANCE, is_greater, new_serial

NOW, TODAY = 1795486136, 20261124


@pytest.mark.parametrize(
    ("method", "serial", "expected", "warnings"),
    [
        ("keep", 7, 7, []),
        ("increment", 7, 8, []),
        ("increment", 2**32 - 1, 1, []),
        ("unixtime", 7, NOW, []),
        ("unixtime", NOW, NOW + 1, [WOULD_NOT_ADVANCE]),
        ("date", 7, 2026112400, []),
        ("date", 2026112450, 2026112451, []),
        ("date", 2026112498, 2026112499, []),
        ("date", 2026112499, 2026112500, [WOULD_NOT_ADVANCE]),
        ("date", 2026112500, 2026112501, [WOULD_NOT_ADVANCE]),
    ],
)
def test_methods(method, serial, expected, warnings):
    assert new_serial(method, serial, NOW, TODAY) == (expected, warnings)


def test_comparison_wraps():
    assert is_greater(1, 2**32 - 1)
    assert not is_greater(2**31, 0), "undefined by RFC 1982, so not greater"
    assert not is_greater(5, 5)
