# Two commands to know: `make sign` signs and verifies the real root zone in examples/, `make test` checks everything.
# Both start from a clean clone on a bare Debian 12; a second run only does what has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := build/stamps
SOURCES := pyproject.toml setup.py $(wildcard src/_core/*.pyx src/_core/kernels/*/*.[ch])

KEYS := build/keys
SIGNED := build/root.zone.signed

PYTEST_ARGS ?=
BENCH_ARGS ?=

.PHONY: help sign test lint check check-long agent-long simulate-long rollover-long man bench bench-hsm bench-many bench-stages clean
.DELETE_ON_ERROR:

help:
	@echo 'make sign          make keys, sign examples/root.zone, verify it, say how fast'
	@echo 'make test          lint, types, import rules and all tests'
	@echo 'make lint          the first three of these'
	@echo 'make check         the tests alone; PYTEST_ARGS="-k name" picks some'
	@echo 'make man           the manual pages, into build/man'
	@echo 'make check-long    a thousand sequences of edits, each signed again and from scratch; takes its time'
	@echo 'make rollover-long  more rollovers beside named, some of them of a year'
	@echo 'make simulate-long ten thousand random lives of zones and their keys, looked at by validators; takes an hour'
	@echo 'make agent-long    an agent over 200 zones for 30 simulated days'
	@echo 'make bench         compare with BIND, Knot and ldns; BENCH_ARGS="--scale 0.01" for a quick look'
	@echo 'make bench-hsm     signatures a second with keys in SoftHSM, beside a bare loop in C, Knot and ldns'
	@echo 'make bench-many    sign a thousand small zones, beside a loop over dnssec-signzone'
	@echo 'make bench-stages  measure each stage of the core by itself'
	@echo 'make clean         remove the virtual environment and what was built'

# ---- set-up: each step leaves a stamp

$(BIN)/python:
	@PYTHON='$(PYTHON)' scripts/need.sh build
	@echo 'Making the virtual environment $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1'

$(STAMPS)/built: $(SOURCES) | $(BIN)/python
	@echo 'Building fastsign'
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	@$(BIN)/python -m compileall -q src/fastsign # an editable install does not, and a small zone would wait for it
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/tools: pyproject.toml | $(BIN)/python
	@PYTHON='$(PYTHON)' scripts/need.sh test
	@echo 'Installing the tools of the tests'
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group test
	@mkdir -p $(STAMPS) && touch $@

# ---- sign

sign: $(STAMPS)/built $(KEYS)/made
	@echo 'Signing examples/root.zone, the root zone of 19 May 2021'
	@$(BIN)/fastsign signzone -S -t -o . -K $(KEYS) -d build -f $(SIGNED) examples/root.zone
	@echo 'Verifying $(SIGNED)'
	@$(BIN)/fastsign verify -o . $(SIGNED)
	@echo 'Done: the keys are in $(KEYS), the DS record for the parent is in build/dsset-., the signed zone is $(SIGNED)'

$(KEYS)/made: | $(STAMPS)/built
	@echo 'Making a key-signing and a zone-signing key in $(KEYS)'
	@rm -rf $(KEYS) && mkdir -p $(KEYS) && chmod 700 $(KEYS)
	@$(BIN)/fastsign keygen -q -K $(KEYS) -a ECDSAP256SHA256 -f KSK .
	@$(BIN)/fastsign keygen -q -K $(KEYS) -a ECDSAP256SHA256 .
	@touch $@

# ---- test

test: lint check

lint: $(STAMPS)/built $(STAMPS)/tools
	$(BIN)/ruff check .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint src/_core
	$(BIN)/mypy
	$(BIN)/lint-imports

check: $(STAMPS)/built $(STAMPS)/tools
	$(BIN)/python -m pytest $(PYTEST_ARGS)

rollover-long: $(STAMPS)/built $(STAMPS)/tools
	FASTSIGN_MORE_ROLLOVERS=1 $(BIN)/python -m pytest -n auto tests/differential/test_named_*.py $(PYTEST_ARGS)

agent-long: $(STAMPS)/built $(STAMPS)/tools
	FASTSIGN_AGENT_ZONES=200 $(BIN)/python -m pytest -o faulthandler_timeout=0 tests/agent/test_many.py $(PYTEST_ARGS)

check-long: $(STAMPS)/built $(STAMPS)/tools
	FASTSIGN_EDIT_SEQUENCES=1000 $(BIN)/python -m pytest -n auto tests/differential/test_edit_sequences.py $(PYTEST_ARGS)

simulate-long: $(STAMPS)/built $(STAMPS)/tools
	FASTSIGN_SCHEDULES=10000 $(BIN)/python -m pytest -n auto tests/rollover/test_schedules.py $(PYTEST_ARGS)

# ---- man

$(STAMPS)/docs: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group docs
	@mkdir -p $(STAMPS) && touch $@

man: $(STAMPS)/docs
	@$(BIN)/python scripts/manual.py build/man
	@echo 'The manual pages are in build/man: man build/man/fastsign.1'

# ---- bench

bench: $(STAMPS)/built $(STAMPS)/tools
	$(BIN)/python -m benchmarks.compare $(BENCH_ARGS)

bench-hsm: $(STAMPS)/built $(STAMPS)/tools
	$(BIN)/python -m benchmarks.hsm $(BENCH_ARGS)

bench-many: $(STAMPS)/built $(STAMPS)/tools
	$(BIN)/python -m benchmarks.many $(BENCH_ARGS)

bench-stages: $(STAMPS)/built $(STAMPS)/tools
	$(BIN)/python -m pytest benchmarks -o 'python_files=bench_*.py' --benchmark-enable --benchmark-only $(PYTEST_ARGS)

clean:
	rm -rf $(VENV) build dist src/fastsign/_core*.so src/*.egg-info
