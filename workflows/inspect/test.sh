# Runs the tests of the core, which knows no browser. What it builds goes to target/inspect, so
# that no other build has to wait or to begin anew.

. "$(dirname "$0")/common.sh"

if ! command -v cargo >/dev/null 2>&1; then
    echo "cargo is not installed; the tests are left out"
    exit 0
fi

export CARGO_TARGET_DIR="$notes/cargo"
output="$notes/tests.$pass"

if [ "$pass" -le 1 ]; then
    progress 0 "Building the tests; the first time takes a while"
else
    progress 0 "Running the tests again, in case one passes only sometimes"
fi
cargo test --locked --package agent-activity --no-default-features --lib --no-run || exit 1

progress 0.7 "Running the tests"
cargo test --locked --package agent-activity --no-default-features --lib >"$output" 2>&1
status=$?
cat "$output"
progress 1 "Tests: $(sed -n 's/^test result: //p' "$output" | head -1)"
exit "$status"
