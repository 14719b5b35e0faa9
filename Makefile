# `make` alone lists what can be made. Everything stands in .venv; nothing is installed outside it.
# Written out for people without make: see "By hand" in README.md.

PYTHON ?= python3
STUDY ?= demo
BIN := .venv/bin
RUN := $(BIN)/crmlab
STAMP := .venv/.ready
QUIET := --quiet --disable-pip-version-check
UV = $(BIN)/python -m uv pip install --quiet --python $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help report test test-slow check format lock lab bench-pls bench-sem bench-clv clean .venv

help:  ## list the targets
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z.-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv: $(STAMP)  ## make the environment

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv 2>/dev/null || $(PYTHON) -m venv --without-pip .venv
	@$(BIN)/python -m pip install $(QUIET) 'uv>=0.9' 2>/dev/null || $(PYTHON) -m pip --python $(BIN)/python install $(QUIET) 'uv>=0.9'
	$(UV) --compile-bytecode --require-hashes -r requirements.lock
	$(UV) --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

report: $(STAMP)  ## run a study and write its reports: make report [STUDY=demo]
	@$(RUN) key --if-missing
	@$(RUN) run $(STUDY)

test: $(STAMP)  ## the tests (minutes)
	$(BIN)/ruff format --check crmlab tests benchmarks
	$(BIN)/ruff check crmlab tests benchmarks
	$(BIN)/mypy
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup -m 'not slow'

test-slow: $(STAMP)  ## the slow tests: simulations and error rates
	$(BIN)/pytest -m slow

check: $(STAMP)  ## admit a study's data and list every problem: make check [STUDY=demo]
	@$(RUN) check $(STUDY)

lab: $(STAMP)  ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

format: $(STAMP)  ## format the code
	$(BIN)/ruff format crmlab tests benchmarks
	$(BIN)/ruff check --fix crmlab tests benchmarks

lock: $(STAMP)  ## resolve the dependencies again
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--upgrade pyproject.toml --group dev -o requirements.lock

bench-pls: $(STAMP)  ## PLS bootstrap against its peers, as ratios (Python's plspm in .venv-peer-pls, R's seminr if R has it)
	@test -x .venv-peer-pls/bin/python || { $(BIN)/python -m uv venv --quiet --python 3.11 .venv-peer-pls && $(BIN)/python -m uv pip install --quiet --python .venv-peer-pls/bin/python plspm 'numpy<2' 'pandas<2.2' 'scipy<1.14'; } || echo "plspm cannot be installed: our times only"
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/bench_pls.py $$(test -x .venv-peer-pls/bin/python && echo --peer .venv-peer-pls/bin/python)

bench-sem: $(STAMP)  ## covariance-based SEM against lavaan, as ratios (needs R with lavaan, or says so)
	@Rscript -e 'library(lavaan)' >/dev/null 2>&1 || apt-get install -y -qq r-cran-lavaan >/dev/null 2>&1 || echo "lavaan is not here and cannot be installed: our times only"
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/bench_sem.py

bench-clv: $(STAMP)  ## purchase models against their peers, as ratios (the peers in .venv-peer)
	@test -x .venv-peer/bin/python || { $(BIN)/python -m uv venv --quiet --python 3.11 .venv-peer && $(BIN)/python -m uv pip install --quiet --python .venv-peer/bin/python lifetimes 'numpy<2' 'scipy<1.12' 'pandas<2.1'; } || echo "lifetimes cannot be installed: our times only"
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/bench_clv.py $$(test -x .venv-peer/bin/python && echo --peer .venv-peer/bin/python)
	$(BIN)/python benchmarks/bench_rfm.py

clean:  ## remove the environment and the reports
	rm -rf .venv reports/*/ .pytest_cache .mypy_cache .ruff_cache .hypothesis
