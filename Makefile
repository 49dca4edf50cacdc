# Everything needs only Python 3.12+, make and the package registries; network/dev/bootstrap.py does the rest.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.14 python,$(shell command -v $(name))))
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak messages format

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: ## everything on this machine: services, migrations, demo network, all five processes
test: ## the whole test suite, browser tests included (ARGS="-k refund" picks)
check: ## formatters, linters, types, borders, Django checks, migrations, translations
bench: ## the benchmarks, as ratios against a bare server and a plain COPY of the same run
soak: ## the long forms: shoppers while things are killed (SOAK_KILLS=200), power cuts (SOAK_CUTS=5), then every sum is compared
messages: ## new texts into the catalogues under locale/, and all of them compiled
format: ## code and templates in the house's form

run test check bench soak messages format:
	@$(if $(PYTHON),,$(error Python 3.12 or newer is needed and no Python was found))$(PYTHON) network/dev/bootstrap.py $@ $(ARGS)
