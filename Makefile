# Written for GNU make 3.81 and newer. lecture_utils/bootstrap.py makes .venv; the rest are the tools' own commands.
# The first Python that runs (a version manager's shim may not), looked for once and only where one is wanted.
SEARCH = for name in python3 python3.14 python3.13 python3.12 python3.11; do "$$name" -c "" && command -v "$$name" && break; done
FOUND =
PYTHON ?= $(if $(FOUND),,$(eval FOUND := $$(shell { $$(SEARCH); } 2>/dev/null)))$(FOUND)
PREPARE = @command -v "$(PYTHON)" >/dev/null || { echo "$(NO_PYTHON)"; exit 1; }; "$(PYTHON)" -I lecture_utils/bootstrap.py
NO_PYTHON = Unrolled needs Python 3.11 or newer, and none was found$(if $(PYTHON), at $(PYTHON)). Install one, or say where it is: make lab PYTHON=/path/to/python3
RUN = .venv/bin/python -m
# Containers run as root, where JupyterLab wants to be told that this is meant.
ALLOW = $(if $(filter 0,$(shell id -u 2>/dev/null)),--allow-root)
# The root is this folder, not the notebook's own: pictures and pairs lie outside that. The first notebook stands in
# the address that JupyterLab prints, for those who open it by hand.
LAB = jupyterlab $(ALLOW) --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/$(FIRST) $(LAB_ARGS)
# JupyterLab refuses to open a notebook that is newer than its script, even where both say the same.
NEWER = touch -c notebooks/py/*.py
FIRST = $(firstword $(wildcard notebooks/00_start_here.ipynb notebooks/02_forward_pass.ipynb))

# At these sizes a second thread gains little, and several kernels with two threads each slow one another down.
OMP_NUM_THREADS ?= 1
export OMP_NUM_THREADS

.PHONY: help lab test check notebooks figures experiments checkpoints bench bench-tasks
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

lab: ## open the lecture in JupyterLab (the first time installs it into .venv)
	$(PREPARE) lab
	-@$(RUN) lecture_utils.authoring notebooks --sync; $(NEWER)
	@$(RUN) $(LAB)

test: ## run every test: lint, types, figures, notebooks, units, properties, browser
	$(PREPARE) test
	$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) mypy
	$(RUN) lecture_utils.authoring figures --check && $(RUN) lecture_utils.authoring notebooks --check
	$(RUN) lecture_utils.authoring experiments --check && $(RUN) lecture_utils.authoring checkpoints --check
	$(RUN) pytest -n 2 --dist loadfile -m "not browser"
	$(RUN) pytest -m browser

check: ## the quick part of the tests: lint, types, units
	$(PREPARE) check
	$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) mypy
	$(RUN) pytest -q -n 2 --dist loadfile -m "not notebook and not browser"

notebooks: ## pair, execute and normalise the notebooks
	$(PREPARE) check
	$(RUN) lecture_utils.authoring notebooks && $(NEWER)

figures: ## write img/ again from the code
	$(PREPARE) check
	$(RUN) lecture_utils.authoring figures

experiments: ## measure again what is stale of the experiments that take minutes
	$(PREPARE) check
	$(RUN) lecture_utils.authoring experiments

checkpoints: ## train again what is stale of the small models that are kept in files
	$(PREPARE) check
	$(RUN) lecture_utils.authoring checkpoints

bench: ## measure layers beside torch, and explorers in a browser; writes reports/bench.json
	$(PREPARE) test
	@layers=0; $(RUN) tests.bench_layers || layers=1; $(RUN) tests.browser.bench && exit $$layers

bench-tasks: ## train every model on real corpora for the time allowed (about half an hour); writes reports/bench.json
	$(PREPARE) test
	OMP_NUM_THREADS=2 $(RUN) tests.bench_tasks
