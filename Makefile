# `make` prints the targets. Everything runs from .venv; nothing needs Docker, Redis, a network (once installed) or a GPU.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAIN_VENV := .venv-train
# Where recordings, text and noise lie; tests that need them skip by name where it is absent.
export HARKEN_SHARED ?= $(abspath ../shared)

.PHONY: help setup demo run test test-train check bench proto clean
.DEFAULT_GOAL := help

help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## make .venv with every runtime and test dependency, by hash

demo: setup ## start a server, speak six recordings to it, show what it found, stop
	@$(BIN)/harken-bench demo

run: setup ## keep a server up on 127.0.0.1:50051; speak to it with `.venv/bin/harken-edge listen`
	@$(BIN)/harken-server run

test: setup ## every test that needs no torch
	@$(BIN)/pytest -m "not train"

test-train: $(TRAIN_VENV)/.installed ## the tests that need torch (installs it into .venv-train, 4.6 GB)
	@$(TRAIN_VENV)/bin/pytest -m train

check: setup ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## what harken-bench can measure
	@$(BIN)/harken-bench --help

proto: setup ## regenerate the protobuf code from the contract
	@$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. --grpc_python_out=. protos/speech_search.proto

clean: ## remove everything that can be made again
	rm -rf $(VENV) $(TRAIN_VENV) .venv-peers .venv-accuracy-peers build dist var *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@./requirements/install.sh $(PYTHON) $(VENV) dev
	@touch $@

$(TRAIN_VENV)/.installed: requirements/train.txt pyproject.toml
	@./requirements/install.sh $(PYTHON) $(TRAIN_VENV) train
	@touch $@
