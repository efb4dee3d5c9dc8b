# Two commands are all one needs: `make run` (the main job) and `make test`.
# Both set up what is missing first and say so.

PYTHON := .venv/bin/python
TWINPATH := .venv/bin/twinpath

.PHONY: help setup setup-test run test lint format bench mutate thorough vectors conformance lock clean

help:
	@echo "make run     both sides in lockstep over all corpora and captures, on both loaders"
	@echo "make test    the test suite"
	@echo "make lint    ruff and mypy --strict"
	@echo "make format  ruff format"
	@echo "make bench   what packets cost: the cases of docs/performance.md"
	@echo "make mutate  every fault that can be planted in bpf/: which ones are noticed, and by what"
	@echo "make thorough 10,000 random rule sets in the kernel, against the rules themselves"
	@echo "make vectors record anew what machines without BPF check the specification against"
	@echo "make conformance  run every scenario and property, and renew docs/conformance.md"
	@echo "make lock    renew ci/requirements.lock"

setup:
	@ci/setup

setup-test:
	@ci/setup test

run: setup
	$(TWINPATH) run --loader both corpora "$$($(PYTHON) -m harness.capture.fetch --print-folder)"

test: setup-test
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup
	$(TWINPATH) bench
	$(PYTHON) -m harness.bench.maglev

mutate: setup
	$(TWINPATH) mutate

thorough: setup
	$(PYTHON) -m pytest tests/datapath/test_policy_rules.py --hypothesis-profile thorough

vectors: setup
	$(PYTHON) -m harness.vectors

conformance: setup
	$(TWINPATH) conform --properties --markdown docs/conformance.md

lock:
	uv pip compile --quiet --generate-hashes --python-version 3.11 --all-extras \
	    --output-file ci/requirements.lock pyproject.toml

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache
