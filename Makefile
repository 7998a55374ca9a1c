# Two commands for newcomers: `make room` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8123
DATA   ?=
EXTRAS ?=
WORKERS ?= 3
BIN    := $(VENV)/bin

.PHONY: room test check bench soak telemelya browser install clean

room: $(VENV)/.installed  ## open the local chat room
	$(BIN)/bpp room --port $(PORT) $(if $(DATA),--data $(DATA))

# Three at once on two cores: much of what tests do is to wait for what another process does.
# With its bytecode kept, each of a hundred short-lived bots need not compile itself again.
test: export PYTHONDONTWRITEBYTECODE :=
test: export OPENBLAS_NUM_THREADS := 1
test: export OPENCV_FOR_THREADS_NUM := 1
test: $(VENV)/.installed-dev browser  ## run the tests
	@$(BIN)/python -m tests.discord_peer.gateway_schemas
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: $(VENV)/.installed-dev  ## format, lint, types, import arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

soak: $(VENV)/.installed-dev  ## minutes of kills, power cuts and load
	$(BIN)/pytest -m soak --timeout 1800 $(ARGS)

telemelya: $(VENV)-telemelya/.installed  ## a photo becomes an avatar at a Bot API server that others wrote
	$(VENV)-telemelya/bin/pytest -m telemelya $(ARGS) tests/telegram_journeys/test_telemelya.py

bench: $(VENV)/.installed-dev  ## measure; writes benchmarks/results/*.json
	$(BIN)/python -m benchmarks

browser:  ## Chromium and Korean letters for the browser tests, where we may install them
	@if [ ! -x /usr/bin/chromium-headless-shell ] || ! fc-list 2>/dev/null | grep -qi 'noto.*cjk'; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-noto-cjk fontconfig >/dev/null; \
	  else echo 'Browser tests want Debian packages: chromium-headless-shell fonts-noto-cjk'; fi; fi

install:  ## install into $(VENV); EXTRAS='[sdxl]' adds the GPU stack
	@rm -f $(VENV)/.installed && $(MAKE) --no-print-directory $(VENV)/.installed

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.$(EXTRAS)'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,sdxl]'
	@touch $@ $(VENV)/.installed

# A place of its own: it brings an event loop and a parser that uvicorn would take up in all other tests too.
$(VENV)-telemelya/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)-telemelya
	$(VENV)-telemelya/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,telemelya]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-telemelya build *.egg-info .pytest_cache .ruff_cache
