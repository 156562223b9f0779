# Everything a developer runs. `make run` and `make test` are all that a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

CARGO ?= cargo

.PHONY: help
help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

# Names what is missing together with the line that installs it.
.PHONY: tools
tools:
	@command -v git >/dev/null || { echo "git is missing; install it with: apt-get install git"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing; install it with: apt-get install gcc libc6-dev (or your system's equivalent)"; exit 1; }
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing; install it from https://rustup.rs or with: apt-get install rustup"; exit 1; }

.PHONY: run
run: tools ## build and start the agent with the built-in configuration
	@$(CARGO) run --locked -- run $(ARGS) || { status=$$?; [ $$status = 130 ] || [ $$status = 143 ] || exit $$status; }

.PHONY: test
test: tools ## format, lint, unit, property and integration tests, doc tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --lib

.PHONY: model
model: ## fetch the embedding model (all-MiniLM-L6-v2, 90 MB) into the data directory, or where SIDELIGHT_MODEL_DIR says
	@packaging/model "$${SIDELIGHT_MODEL_DIR:-$${SIDELIGHT_DATA:-sidelight-data}/model}"

# How often and how long; FAULTS=short is what CI runs, after `make test` has killed and cut power a little, FAULTS=long takes
# an hour (docs/reliability.md).
FAULTS ?= usual
faults_usual = SIDELIGHT_CASES=1500 SIDELIGHT_CONNECTIONS=1000 SIDELIGHT_KILLS=240 SIDELIGHT_POWER_ROUNDS=40 SIDELIGHT_SYNC_ROUNDS=10 SIDELIGHT_SOAK_SECONDS=300
faults_long = SIDELIGHT_CASES=5000 SIDELIGHT_CONNECTIONS=1000 SIDELIGHT_KILLS=1000 SIDELIGHT_POWER_ROUNDS=200 SIDELIGHT_SYNC_ROUNDS=20 SIDELIGHT_SOAK_SECONDS=1200
faults_short = SIDELIGHT_CASES=40 SIDELIGHT_CONNECTIONS=200 SIDELIGHT_KILLS=12 SIDELIGHT_POWER_ROUNDS=4 SIDELIGHT_SYNC_ROUNDS=1 SIDELIGHT_SOAK_SECONDS=20

.PHONY: test-faults
test-faults: tools ## kill -9, power loss, full and failing disks, a soak (docs/reliability.md; root for what mounts)
	$(faults_$(FAULTS)) $(CARGO) test --locked --lib -- --nocapture queue::tests::power queue::tests::model
	$(faults_$(FAULTS)) $(CARGO) test --locked --test it -- --include-ignored --nocapture --test-threads=1 kill:: faults::

.PHONY: test-kafka
test-kafka: tools ## what is built with the feature `kafka`, against librdkafka's mock cluster (needs make and perl; some minutes once)
	$(CARGO) clippy --locked --features kafka --all-targets -- -D warnings
	$(CARGO) test --locked --features kafka --lib -- kafka

.PHONY: test-backends
test-backends: tools ## what needs real back ends (Jaeger, Collector, Prometheus, PostgreSQL, ClickHouse's engine, Kafka; Tempo where SIDELIGHT_TEMPO_BIN names one)
	tests/backends/install
	$(CARGO) clippy --locked --features kafka --test backends -- -D warnings
	$(CARGO) test --locked --features kafka --test backends -- --test-threads=1

# Fifty kills of gateways, twenty of the broker, two hours of outage in one minute.
.PHONY: test-fleet
test-fleet: tools ## examples/fleet in its long form, with its reconciliation, and what more gateways bring; some ten minutes
	tests/backends/install kafka postgres
	SIDELIGHT_FLEET="--calls 30000 --kills 50 --broker-kills 20 --outage 60" \
	  $(CARGO) test --locked --features kafka --test backends -- --include-ignored --nocapture --test-threads=1 fleet:: scale::

.PHONY: test-nightly
test-nightly: tools ## the long forms of property tests: a million mutations and strings, and all that oracles know
	tests/oracles/make target/oracles
	SIDELIGHT_CASES=1000000 SIDELIGHT_TEST_MODEL=$(CURDIR)/target/oracles/model SIDELIGHT_WORDPIECE_CASES=$(CURDIR)/target/oracles/wordpiece.jsonl \
	  SIDELIGHT_TOKENIZER_CASES=$(CURDIR)/target/oracles/tokenizers $(CARGO) test --locked --release -- --include-ignored

.PHONY: eval-detect
eval-detect: tools ## how well detection does on the labelled sets beside the repository, as tables
	$(CARGO) test --locked --test it detect -- --include-ignored --nocapture --test-threads=1

.PHONY: eval-recognize
eval-recognize: tools ## how well recognition does on the corpus beside the repository, as a table per dialect and one per library
	$(CARGO) test --locked --test it corpus::the_corpus_is_recognised -- --nocapture

.PHONY: audit
audit: tools ## licences, bans and sources of all dependencies; advisories where their database can be reached
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked --all-features check bans licenses sources
	@if $(CARGO) deny --locked --all-features fetch db 2>/dev/null; then \
	  $(CARGO) deny --locked --all-features check advisories; \
	else echo "advisories were not checked: their database cannot be reached"; fi

.PHONY: bench
bench: tools ## every claim of speed, as ratios (benches/README.md)
	$(CARGO) bench --locked

.PHONY: bench-cost
bench-cost: tools ## what counting, pricing and embedding cost: against tiktoken-rs and onnxruntime, worst inputs, memory, similar calls
	$(CARGO) bench --locked --bench tokens --bench embed

.PHONY: dist
dist: tools ## the release binary with Kafka, in target/release (needs make and perl)
	$(CARGO) build --locked --release --features kafka

.PHONY: image
image: tools ## a container image of one static binary, built with buildah (needs musl-tools)
	@command -v musl-gcc >/dev/null || { echo "musl-gcc is missing; install it with: apt-get install musl-tools"; exit 1; }
	@command -v buildah >/dev/null || { echo "buildah is missing; install it with: apt-get install buildah"; exit 1; }
	rustup target add x86_64-unknown-linux-musl
	$(CARGO) build --locked --release --target x86_64-unknown-linux-musl
	packaging/image
