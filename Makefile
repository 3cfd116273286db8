# make demo   set up .venv and run the tutorial
# make test   set up .venv and run the whole test suite
# make parity compare with JAX, which it installs into .venv
# make fuzz   random programs for AXIR_FUZZ_SECONDS (300)
# make fuzz-vulkan  random programs on a Vulkan device, for as long
# make fuzz-artifacts  load 10,000 damaged artifacts
# make lint   ruff and pyright
# make docs   the site, in build/docs
# make bench  measure against JAX, in a virtual environment of its own

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Packages for JAX that the tests run on axir. They ask for JAX itself, which the tests do not need.
WITHOUT_JAX := optax==0.2.8 jraph==0.0.6.dev0 chex==0.1.92 mctx==0.0.71 jaxopt==0.8.5 blackjax==1.7.1

.PHONY: demo test parity fuzz fuzz-vulkan fuzz-artifacts lint docs bench clean

$(VENV)/installed: Makefile pyproject.toml runtime/pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable runtime --editable '.[test,compat]'
	$(BIN)/python -m pip install --quiet --no-deps $(WITHOUT_JAX)
	touch $@

$(VENV)/installed-lint: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable runtime --editable '.[test,compat,lint]'
	touch $@

$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable runtime --editable '.[test,compat,docs]'
	touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable runtime --editable '.[test,compat,bench]'
	touch $@

$(VENV)/installed-parity: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable runtime --editable '.[test,compat,parity]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/python examples/tutorial.py

test: $(VENV)/installed
	$(BIN)/python -m pytest -n 2 --dist loadgroup

parity: $(VENV)/installed-parity
	AXIR_PARITY=all $(BIN)/python -m pytest tests/parity -n 2

fuzz: $(VENV)/installed
	AXIR_FUZZ_SECONDS=$${AXIR_FUZZ_SECONDS:-300} $(BIN)/python -m pytest tests/programs/test_random_programs.py \
	    -k other -s

fuzz-vulkan: $(VENV)/installed
	AXIR_FUZZ_SECONDS=$${AXIR_FUZZ_SECONDS:-300} $(BIN)/python -m pytest tests/programs/test_random_programs_gpu.py \
	    -k other -s

fuzz-artifacts: $(VENV)/installed
	AXIR_FUZZ_MUTATIONS=10000 $(BIN)/python -m pytest tests/runtime/test_artifacts.py -k mutations -s

lint: $(VENV)/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --config-file tools/docs/mkdocs.yml

bench: $(VENV)/installed-bench
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis
