# Each target is one call of tox or of a script.

.PHONY: demo demo-stop test unit lint types docs functional guests package bench faults proofs format generate

# with GUESTS=1 the machines of demo and demo-stop are real guests, in an OpenStack of their own
demo:           ## a real OpenStack, the gateway, and the life of a machine
	@tools/demo

demo-stop:      ## stop what `make demo` started, and only that
	@tools/demo-stop

test:           ## everything: lint, types, unit tests, documentation, tests against a real OpenStack
	@tools/tox run -e docs,test

unit:           ## the tests that need no server
	@tools/tox run -e unit

lint:           ## ruff, the import contract, spelling, shell scripts, release notes
	@tools/tox run -e lint

types:          ## mypy
	@tools/tox run -e types

docs:           ## the documentation, in doc/build/html
	@tools/tox run -e docs

functional:     ## the tests against a real OpenStack
	@tools/tox run -e functional

guests:         ## the tests with guests that really boot; not part of test
	@tools/tox run -e guests

package:        ## the wheel, built and installed where nothing of this tree is
	@tools/tox run -e package

bench:          ## how fast it is, beside the OpenStack that it calls: about half an hour
	@tools/tox run -e bench

faults:         ## slow, lying and dying neighbours: experiments on a real OpenStack, about 40 minutes
	@tools/tox run -e faults

proofs:         ## 1,000 creates under faults, a soak of 100,000 requests, 100 restarts: some hours
	@tools/tox run -e proofs

format:         ## rewrite the sources in the house's format
	@tools/tox run -e format

generate:       ## bring the sample files and pictures up to date, and format the sources
	@tools/tox run -e generate
