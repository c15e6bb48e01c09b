# The one entry to everything. The work is done by ops/ (Python, standard library only).
PYTHON3 ?= python3
OPS := $(PYTHON3) -m ops

# Options given as `make run PORT=9000` reach ops/ through the environment.
export

.DEFAULT_GOAL := help
.PHONY: help run stop setup test check format lock messages demo manage bench soak clean

help: ## show every target in a line
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1|/' | awk -F'|' '{printf "%-11s %s\n", $$1, $$2}'

run: ## install what is missing and start the service (PORT=8000 BIND=127.0.0.1 DATABASE_URL= DEMO=)
	@$(OPS) run

stop: ## stop what `make run` started, and nothing else
	@$(OPS) stop

setup: ## prepare for development: all packages, a private database, var/env
	@$(OPS) setup

test: ## run all tests on a database of their own (ARGS="tests/core -x" chooses)
	@$(OPS) test $(ARGS)

check: ## format, lint, types, layers, templates, scripts, migrations, lock files
	@$(OPS) check

format: ## put all files into the house's format
	@$(OPS) format

lock: ## write the lock files anew (UPGRADE=1 takes newer versions)
	@$(OPS) lock

messages: ## collect the texts to translate and compile the catalogues
	@$(OPS) messages

demo: ## put the demonstration province in (ARGS="--plots 1000000" for a benchmark province)
	@$(OPS) demo $(ARGS)

manage: ## run a management command of the installation: make manage DO="import_admin_units FILE"
	@$(OPS) manage $(DO)

bench: ## measure side by side and write benchmarks/results.json
	@$(OPS) bench $(ARGS)

soak: ## 64 officers issue 1,000 codes each, also while connections die (ARGS="--officers 8 --codes 100" is quick; ARGS=import kills imports, ARGS=qgis reads all layers by QGIS)
	@$(OPS) soak $(ARGS)

clean: ## delete all that was made for this checkout, the database included (SURE=1)
	@$(OPS) clean
