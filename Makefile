# The two commands are `make run` and `make test`. Needs Python >= 3.11, make and git; nothing else.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
SET_UP := $(VENV)/.set-up

# What Python compiled is kept, whatever the environment says: hardly anything else makes a process start sooner
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check format assets lock clean

run: $(SET_UP) assets
	$(BIN)/lscp run --demo

test: $(SET_UP) assets
	sh tests/browser/need-chromium.sh
	$(MAKE) check
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not timed" --cov --cov-report=term
	$(BIN)/python -m pytest -m timed

# Everything that needs no running: style, types, import contracts.
check: $(SET_UP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(SET_UP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

assets: $(SET_UP)
	sh web/frontend/build.sh

lock:
	$(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	$(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev \
	  -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV) web/frontend/node_modules web/static/dist

$(SET_UP): requirements-dev.txt pyproject.toml
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(SET_UP)
