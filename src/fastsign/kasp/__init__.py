"""Policies: named.conf syntax, defaults, checks, timing formulas. Pure: files are read by whoever asks."""
