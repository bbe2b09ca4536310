#!/bin/sh
# Make sure that this machine has what a target needs: `need.sh build` (compiler, headers, venv) or `need.sh test` (and the peers).
# As root on Debian and its like it installs what is missing; anyone else is told exactly what to install.
set -eu

PYTHON=${PYTHON:-python3}
missing=

want() { # want PACKAGE COMMAND...: the package is missing where the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 </dev/null || case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
}

has_tool() { PATH="$PATH:/usr/sbin" command -v "$1"; }
has_openssl_headers() { has_tool cc && echo '#include <openssl/evp.h>' >"$scratch/probe.c" && cc -E "$scratch/probe.c"; }
has_python_headers() {
    "$PYTHON" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
}

probe() {
    missing=
    want build-essential has_tool cc
    want libssl-dev has_openssl_headers
    want python3-dev has_python_headers
    want python3-venv "$PYTHON" -c 'import ensurepip, venv'
    [ "$1" = test ] || return 0
    want bind9-utils has_tool dnssec-signzone
    want bind9-utils has_tool named-compilezone
    want bind9 has_tool dnssec-importkey
    want bind9 has_tool nsec3hash
    want bind9 has_tool named
    want knot-dnssecutils has_tool kzonesign
    want knot has_tool keymgr
    want ldnsutils has_tool ldns-verify-zone
    want validns has_tool validns
    want nsd has_tool nsd # plays a parent
    want bind9-dnsutils has_tool nsupdate
    want netbase test -e /etc/protocols # WKS records name protocols and services
    want softhsm2 has_tool softhsm2-util
    want opensc has_tool pkcs11-tool
    want valgrind has_tool valgrind
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "fastsign needs Python 3.11 or newer, and '$PYTHON' is $("$PYTHON" --version 2>&1); name another one: make PYTHON=python3.11 ..." >&2
    exit 1
}

probe "$1"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! has_tool apt-get >/dev/null; then
    echo "Missing on this machine:$missing" >&2
    echo "Install what these Debian packages hold and run make again; on Debian and its like:" >&2
    echo "    sudo apt-get install$missing" >&2
    exit 1
fi

echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -q update >"$scratch/log" 2>&1 &&
    apt-get -q install -y --no-install-recommends $missing >>"$scratch/log" 2>&1 </dev/null || {
    cat "$scratch/log" >&2
    exit 1
}

probe "$1"
[ -z "$missing" ] || {
    # Another Python than Debian's own does not look where Debian's packages put things.
    echo "Still missing after the installation, for $(command -v "$PYTHON"):$missing" >&2
    exit 1
}
