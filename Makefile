# Needs Python 3.11 or newer and make; everything else goes into .venv.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin

# Container images like to set it; every process that a test starts would then compile all that it imports, for a second.
unexport PYTHONDONTWRITEBYTECODE

# uv installs in seconds; where it cannot (its own index settings, a local wheel folder), pip does the same. An older pip
# than 25.1 knows no dependency groups.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt $(1) \
	|| { $(BIN)/python -m pip install --quiet 'pip>=25.1' && $(BIN)/python -m pip install --quiet -c constraints.txt $(1); }

.PHONY: run setup test quick lint types imports unit unit-at-once full-size hydra-next engines engines-short floors floors-all \
	readers wheel readme site written format bench cross truth mutants faults sweeps

# The README's first command: 5.4 million card transactions, 0.25 % of them in fraud chains; make run ARGS=seed=2
run: .venv/.installed
	$(BIN)/synth run scenario=card_chain $(ARGS)

setup: .venv/.installed-dev

# What has an environment or a process of its own stands beside the tests, which take a process a core: installing waits.
# One more at a time than cores, the longest first. Each shows what it said when it is done, where make can; the tests
# show a failure when it happens, for make gathers nothing of what another make says.
beside := -j$(shell expr 1 + `getconf _NPROCESSORS_ONLN`) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test: .venv/.installed-dev
	$(MAKE) $(beside) lint imports
	$(MAKE) $(beside) unit-at-once types wheel readme site readers engines-short hydra-next floors

unit-at-once: .venv/.installed-dev
	$(MAKE) $(if $(filter output-sync,$(.FEATURES)),--output-sync=none) unit

lint: .venv/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.installed-dev
	$(BIN)/mypy

imports: .venv/.installed-dev
	$(BIN)/lint-imports

# A test process a core, which pays for the whole run only; make unit ARGS=tests/injectors runs a part, in one process.
in_parallel := -n auto --dist loadgroup

unit: .venv/.installed-dev
	$(BIN)/pytest $(or $(ARGS),$(in_parallel))

# Within a minute: the golden digests of whole runs, and the parts that everything else is made of.
quick: .venv/.installed-dev
	$(BIN)/pytest -q -m "not server and not slow" tests/test_golden.py tests/config/catalog tests/clock tests/noise tests/runners \
		tests/test_amount.py tests/tables/test_columns.py tests/tables/test_digest.py tests/tables/test_md5.py tests/engine/test_plan.py \
		tests/test_rng.py tests/tables/test_texts.py tests/test_timeline.py tests/config/test_typed.py

# The main job at its real size, which make unit makes at a twentieth: before a release.
full-size: .venv/.installed-dev
	SYNTH_FULL_SIZE=1 $(BIN)/pytest tests/test_main_job.py

# The adapter to Hydra once more, with the newest candidate of its next release.
hydra-next: .venv-hydra-next/.installed
	.venv-hydra-next/bin/pytest -q tests/config/test_compose.py tests/config/test_given.py tests/test_host.py tests/test_golden.py \
		tests/cli/test_objectives.py::test_an_optimizer_gets_a_figure_of_each_job \
		tests/cli/test_objectives.py::test_nevergrad_gets_a_figure_of_each_job

# Every table of every format with each tool of docs/reading.md, Spark among them, in an environment of their own.
readers: .venv-readers/.installed .venv/.installed-dev
	$(BIN)/python -m tests.readers.run

# Runs, data frames and lost workers on a Spark master with two workers and on a Ray head with one, in an environment of
# their own: before a release, and after a change of runners or of what is shipped to them.
engines: .venv-engines/.installed
	.venv-engines/bin/pytest --timeout 1200 $(or $(ARGS),tests/engines)

# One run each on the Spark and on the Ray of this machine alone. Spark is built once, for the readers.
engines-short: .venv-readers/.installed .venv-engines/.installed
	.venv-engines/bin/pytest tests/engines/test_short.py

# The golden digests with the oldest libraries that are allowed on the oldest Python, and with the newest on the newest.
floors: .venv/.installed-dev
	$(BIN)/python -m tests.floors

# Both on every Python of this machine: after a change of dependencies, and before a release.
floors-all: .venv/.installed-dev
	$(BIN)/python -m tests.floors --all

wheel: .venv/.installed-dev
	$(BIN)/python -m tests.wheel_check

# Every preset with every option, made and verified, and a sample of two options: see tests/cross/run.py.
cross: .venv/.installed-dev
	$(BIN)/python -m tests.cross.run $(ARGS)

# Every preset with every scenario and example: what gives fraud away, by lint and verify; see tests/cross/truth.py.
truth: .venv/.installed-dev
	$(BIN)/python -m tests.cross.truth $(ARGS)

# An hour on two cores, which may be cut off and goes on: see tests/mutation/run.py.
mutants: .venv/.installed-dev
	$(BIN)/python -m tests.mutation.run

# Every kill point of runs, parts and commits, of which make unit tries some: before a release.
faults: .venv/.installed-dev
	SYNTH_FAULTS=full $(BIN)/pytest --timeout 3600 tests/faults $(ARGS)

# Every instance of what make unit takes a sample of: leaks that lint finds, mistakes that the kit catches, seeds.
sweeps: .venv/.installed-dev
	SYNTH_SWEEPS=full SYNTH_LINT_WORLDS=8 $(BIN)/pytest $(in_parallel) -m sweep $(or $(ARGS),tests)

# Each page with commands; make wheel runs those of the installation.
pages := $(filter-out docs/install.md,$(sort $(shell grep -rl --include='*.md' '^```console' README.md docs plugins)))

readme: .venv/.installed-dev
	place=$$(mktemp -d) && $(MAKE) run ARGS=sink.parquet.uri=$$place/run && . $(BIN)/activate && synth verify $$place/run && rm -r $$place
	$(BIN)/python -m tests.readme_commands $(pages)
	$(BIN)/python docs/write_screens.py --check
	$(BIN)/python docs/write_gallery.py --check
	$(BIN)/python docs/picture.py --check

# The documentation as a site, below build/site; a warning is an error. Where there is a Chromium, it opens every page.
site: .venv-site/.installed
	.venv-site/bin/python docs/site/build.py
	.venv-site/bin/python docs/site/walk.py

# Every page that is written from the code, anew.
written: .venv/.installed-dev
	for writer in $(filter-out docs/write_notebook.py,$(wildcard docs/write_*.py)) docs/picture.py; do $(BIN)/python $$writer || exit 1; done

format: .venv/.installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/.installed-dev
	$(BIN)/python benchmarks/run.py

.venv/.created:
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed, with its venv module; or name one: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt uv || true
	@touch $@

.venv-hydra-next/.installed: .venv/.installed-dev constraints-hydra-next.txt
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-hydra-next
	@sed 's/=.*/==/' constraints-hydra-next.txt | grep -v -f - constraints.txt | cat - constraints-hydra-next.txt > .venv-hydra-next/constraints.txt
	@$(BIN)/uv pip install --quiet --prerelease=allow --python .venv-hydra-next/bin/python -c .venv-hydra-next/constraints.txt -e '.[all]' --group test hydra-nevergrad-sweeper
	@touch $@

# The list is whole, so that nothing is fetched to ask what it needs; and nobody keeps the wheel of Spark's 400 MB that is
# built here: to compress it takes most of the time.
.venv-readers/.installed: .venv/.installed-dev constraints-readers.txt
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-readers
	@$(BIN)/uv pip install --quiet --python .venv-readers/bin/python --no-deps -r constraints-readers.txt \
		--config-settings-package 'pyspark:--build-option=bdist_wheel --compression=stored'
	@touch $@

.venv-site/.installed: .venv/.installed-dev constraints-site.txt
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-site
	@$(BIN)/uv pip install --quiet --python .venv-site/bin/python --no-deps -r constraints-site.txt
	@touch $@

.venv-engines/.installed: .venv/.installed-dev pyproject.toml constraints.txt
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-engines
	@$(BIN)/uv pip install --quiet --python .venv-engines/bin/python -c constraints.txt \
		-e '.[ray,spark]' hypothesis 'moto[server]' pytest pytest-timeout pytest-xdist --config-settings-package 'pyspark:--build-option=bdist_wheel --compression=stored'
	@touch $@

.venv/.installed: .venv/.created pyproject.toml constraints.txt
	@$(call install,-e .)
	@touch $@

.venv/.installed-dev: .venv/.created pyproject.toml constraints.txt
	@$(call install,-e '.[all]' --group dev)
	@touch $@ .venv/.installed
