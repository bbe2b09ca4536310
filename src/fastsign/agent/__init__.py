"""Zones over time: load, step, sign, verify, publish, commit; once or forever."""
