"""Key files as other programs write them, and BIND's in other forms: what BIND signs with, and with what result."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tools
from differential_zones import ORIGIN, ZONE
from fastsign.errors import KeyFileError
from fastsign.keys.files import read_key
from inprocess import command, signzone
from signing_scene import Scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.chdir(tmp_path)
    return Scene(tmp_path)


def on_tags(change: Callable[[str], str]) -> Callable[[str], str]:
    """Change the tags of all lines but the first two, which BIND wants as they are."""

    def changed(text: str) -> str:
        head, rest = text.split("\n", 2)[:2], text.split("\n", 2)[2]
        return "\n".join([*head, re.sub(r"(?m)^\w+:", lambda tag: change(tag[0]), rest)])

    return changed


def without_times(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not re.match("Created|Publish|Activate", line))


PRIVATE = {
    "v1.2, without times": lambda text: without_times(text).replace("v1.3", "v1.2"),
    "v1.2, with times": lambda text: text.replace("v1.3", "v1.2"),
    "v1.1": lambda text: without_times(text).replace("v1.3", "v1.1"),
    "v0.9": lambda text: text.replace("v1.3", "v0.9"),
    "v1.3, without times": without_times,
    "v1.4": lambda text: text.replace("v1.3", "v1.4"),
    "v1.4, unknown tag": lambda text: text.replace("v1.3", "v1.4") + "Colour: green\n",
    "v1.10, unknown tag in between": lambda text: text.replace("v1.3", "v1.10").replace("Created", "Co: a b\nCreated"),
    "v1.3, unknown tag": lambda text: text + "Colour: green\n",
    "v2.0": lambda text: text.replace("v1.3", "v2.0"),
    "v10.3": lambda text: text.replace("v1.3", "v10.3"),
    "no version": lambda text: text.replace("v1.3", "1.3"),
    "lower-case tags": on_tags(str.lower),
    "upper-case tags": on_tags(str.upper),
    "lower-case head": lambda text: text.replace("Private-key-format", "private-key-format"),
    "lower-case algorithm": lambda text: text.replace("Algorithm", "algorithm"),
    "no name of the algorithm": lambda text: re.sub(r"(Algorithm: \d+) .*", r"\1", text),
    "another name of the algorithm": lambda text: re.sub(r"(Algorithm: \d+) .*", r"\1 (Edwards curve)", text),
    "another algorithm": lambda text: re.sub(r"Algorithm: \d+", "Algorithm: 16", text),
    "blank lines": lambda text: text.replace("\nPrivateKey", "\n\n \nPrivateKey") + "\n\n",
    "tabs": lambda text: text.replace(": ", ":\t\t"),
    "base64 in pieces": lambda text: re.sub(r"(PrivateKey: .{11})(.{8})", r"\1 \2 ", text),
    "no newline at the end": lambda text: text.rstrip("\n"),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "no secret": lambda text: re.sub("PrivateKey.*\n", "", text),
    "external": lambda text: re.sub("PrivateKey.*\n", "External:\n", text),
    "external with a secret": lambda text: text + "External:\n",
    "lower-case external": lambda text: re.sub("PrivateKey.*\n", "external:\n", text),
    "another key's secret": lambda text: re.sub("(PrivateKey: ..)..", r"\1AA", text),
    "a secret that is too short": lambda text: re.sub("PrivateKey.*", "PrivateKey: AAAA", text),
    "no base64": lambda text: re.sub("PrivateKey: .", "PrivateKey: *", text),
    "empty": lambda text: "",
}  # fmt: skip

PUBLIC = {
    "without comments": lambda text: text.splitlines()[-1] + "\n",
    "as ldns writes it": lambda text: re.sub(
        r"(\S+) IN DNSKEY (\d+ 3 \d+) (.*)", r"\1\tIN\tDNSKEY\t\2 \3 ;{id = 1 (ksk)}", text.splitlines()[-1] + "\n"
    ),
    "as dig prints it": lambda text: re.sub(r" IN DNSKEY ", "\t\t3600\tIN\tDNSKEY\t", text),
    "with a TTL": lambda text: text.replace(" IN ", " 1h30m IN "),
    "the TTL behind the class": lambda text: text.replace(" IN ", " IN 77 "),
    "without a class": lambda text: text.replace(" IN ", " "),
    "in lower case": lambda text: text.replace(" IN DNSKEY ", " in dnskey "),
    "the owner in upper case": lambda text: re.sub(r"(?m)^(\w\S*) IN", lambda m: m[1].upper() + " IN", text),
    "over lines": lambda text: re.sub(r"DNSKEY (\d+) 3 (\d+) (.{9})(.*)", r"DNSKEY (\1 3;\n \2\n \3\n\4 )", text),
    "base64 in many pieces": lambda text: re.sub(r"(\d+ 3 \d+ )(.{9})(.{9})", r"\1\2 \3 ", text),
    "the mnemonic of the algorithm": lambda text: text.replace(" 3 15 ", " 3 ED25519 "),
    "two records": lambda text: text + "x. IN TXT a\n",
    "TYPE48": lambda text: text.replace("DNSKEY", "TYPE48"),
    "KEY": lambda text: text.replace(" IN DNSKEY", " IN KEY"),
    "no final dot": lambda text: text.replace(". IN", " IN"),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
}  # fmt: skip


# Both refuse these, and our words are clearer.
CLEARER = {"another key's secret", "a secret that is too short", "no base64"}


def sign_with_changed(scene: Scene, suffix: str, change: Callable[[str], str], same_words: bool = True) -> None:
    """Both sign alike with a KSK and a ZSK, of which the ZSK's file is changed, or refuse to."""
    ksk, zsk = scene.keygen("-f", "KSK"), scene.keygen()
    keys = [(scene.folder / f"{key}.key").read_text() for key in (ksk, zsk)]
    scene.write(*ZONE, *keys)
    path = scene.folder / f"{zsk}.{suffix}"
    path.write_bytes(change(path.read_text()).encode())
    ours, theirs = scene.sign("-P", keys=(zsk, ksk))
    assert ours.code == theirs.code, f"{ours}\n{theirs}"
    if ours.code and same_words:
        assert ours.stderr.splitlines()[-1:] == theirs.stderr.splitlines()[-1:]
    elif not ours.code:
        scene.sign_alike("-P", keys=(zsk, ksk))


@pytest.mark.parametrize("form", sorted(PRIVATE))
def test_forms_of_the_private_file(form: str, scene: Scene) -> None:
    sign_with_changed(scene, "private", PRIVATE[form], same_words=form not in CLEARER)


@pytest.mark.parametrize("form", sorted(PUBLIC))
def test_forms_of_the_key_file(form: str, scene: Scene) -> None:
    sign_with_changed(scene, "key", PUBLIC[form])


def test_what_bind_can_not_read_although_it_is_clear(scene: Scene) -> None:
    """Times before the secret, and a blank line at the head."""
    ksk, zsk = scene.keygen("-f", "KSK"), scene.keygen()
    scene.write(*ZONE, *((scene.folder / f"{key}.key").read_text() for key in (ksk, zsk)))
    path = scene.folder / f"{zsk}.private"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], "\n", lines[1], *lines[3:], lines[2]]))
    ours, theirs = scene.sign("-P", keys=(zsk, ksk))
    assert (ours.code, theirs.code) == (0, 1)


# ---- secrets that are elsewhere


def c_string(text: str, end: str = "\0") -> str:
    return base64.b64encode((text + end).encode()).decode()


LABEL = "pkcs11:token=signer;object=zsk-1;pin-source=/etc/pin"


def in_hsm(text: str, algorithm: int, engine: str | None = c_string("pkcs11"), label: str = c_string(LABEL)) -> str:
    """The .private file of a key whose secret is in an HSM, as dnssec-keyfromlabel writes it."""
    wanted = ("Private-key-format", "Algorithm", *(("Modulus", "PublicExponent") if algorithm < 13 else ()))
    head = [line for line in text.splitlines() if line.startswith(tuple(f"{tag}:" for tag in wanted))]
    times = [line for line in text.splitlines() if re.match("Created|Publish|Activate", line)]
    hsm = ([f"Engine: {engine}"] if engine is not None else []) + [f"Label: {label}"]
    return "\n".join([*head, *hsm, *times, ""])


def make_hsm_key(folder: Path, algorithm: int, **changes: Any) -> str:
    bits = ("-b", "1024") if algorithm < 13 else ()
    name = tools.run("dnssec-keygen", "-q", "-a", str(algorithm), *bits, ORIGIN, cwd=folder).stdout.strip()
    path = folder / f"{name}.private"
    path.write_text(in_hsm(path.read_text(), algorithm, **changes))
    return name


@pytest.mark.parametrize("algorithm", [5, 8, 13, 14, 15])
def test_keys_in_an_hsm_are_read(algorithm: int, tmp_path: Path) -> None:
    key = read_key(make_hsm_key(tmp_path, algorithm), str(tmp_path), need_private=True)
    assert key.can_sign
    assert key.metadata.in_hsm
    assert key.times.created is not None


def test_an_hsm_key_needs_no_engine(tmp_path: Path) -> None:
    """As BIND writes them since it reaches HSMs by OpenSSL's providers."""
    assert read_key(make_hsm_key(tmp_path, 13, engine=None), str(tmp_path)).metadata.in_hsm
    assert read_key(make_hsm_key(tmp_path, 8, engine=None), str(tmp_path)).metadata.in_hsm


@pytest.mark.parametrize(
    "changes",
    [
        {"label": c_string(LABEL, end="")},
        {"label": c_string(LABEL, end="\0\0")},
        {"label": c_string("pkcs11:\0token=a")},
        {"label": c_string(LABEL)[:-4]},
        {"label": c_string(LABEL)[:-1]},
        {"label": c_string(LABEL) + "="},
        {"label": "*" + c_string(LABEL)[1:]},
        {"label": ""},
        {"label": "===="},
        {"engine": c_string("pkcs11", end="")},
        {"engine": ""},
    ],
)
@pytest.mark.parametrize("algorithm", [8, 13])
def test_a_label_that_does_not_end_is_refused(changes: dict[str, str], algorithm: int, tmp_path: Path) -> None:
    name = make_hsm_key(tmp_path, algorithm, **changes)
    with pytest.raises(KeyFileError) as raised:
        read_key(name, str(tmp_path))
    assert raised.value.reason == "private key is invalid"
    assert "token" not in str(raised.value)


def test_blanks_in_a_label_do_not_matter(tmp_path: Path) -> None:
    label = c_string(LABEL)
    name = make_hsm_key(tmp_path, 13, label=f"{label[:9]} \t{label[9:]} \r")
    assert read_key(name, str(tmp_path)).metadata.in_hsm


def test_signing_with_a_key_in_an_hsm_needs_its_module(scene: Scene) -> None:
    make_hsm_key(scene.folder, 15)
    scene.keygen("-f", "KSK")
    scene.write(*ZONE)
    done = signzone("-S", "-o", ORIGIN, "-f", "signed", "zone", check=False)
    assert done.code == 1
    assert "no PKCS #11 module is named for pkcs11:token=signer;object=zsk-1" in done.stderr
    assert not (scene.folder / "signed").exists()


def test_other_tools_carry_a_label_over_unread(scene: Scene) -> None:
    name = make_hsm_key(scene.folder, 13)
    before = (scene.folder / f"{name}.private").read_text()
    command("settime", "-I", "20300101", name)
    after = (scene.folder / f"{name}.private").read_text()
    assert after == before + "Inactive: 20300101000000\n"
