# Looks for what a tidy checkout does not have. Findings are warnings; they do not fail the run.

. "$(dirname "$0")/common.sh"

findings="$notes/findings.$pass"
: >"$findings"

# found WHAT: each line of the input is a finding.
found() {
    while IFS= read -r line; do
        printf '%s: %s\n' "$1" "$line" >>"$findings"
        warn "$1: $line"
    done
}

# search PATTERN: where it stands in the sources, at most 20 times.
search() {
    list_sources | tr '\n' '\0' | xargs -0 grep -nIE "$1" /dev/null | cut -c1-200 | head -20
}

progress 0 "Formatting"
if cargo fmt --version >/dev/null 2>&1; then
    cargo fmt --all -- --check -l 2>/dev/null | sed "s|^$(pwd)/||" | found "not formatted"
else
    echo "cargo fmt is not installed; formatting is left out"
fi

progress 0.1 "Lints of the core"
if cargo clippy --version >/dev/null 2>&1; then
    CARGO_TARGET_DIR="$notes/cargo" cargo clippy --locked --quiet --message-format short \
        --package agent-activity --no-default-features --lib 2>&1 |
        grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error)' | head -20 | found "lint"
else
    echo "cargo clippy is not installed; lints are left out"
fi

progress 0.3 "Marks of unfinished work"
# The pattern does not match itself.
search '(TO[D]O|FIX[M]E|X{3})([^A-Za-z]|$)' | found "unfinished"

progress 0.4 "Marks of a merge"
search '^(<{7}|>{7}) ' | found "merge conflict"

progress 0.6 "Space at the end of a line"
list_sources | grep -Ev '\.(svg|snap)$' | tr '\n' '\0' |
    xargs -0 grep -nIE '[[:blank:]]+$' /dev/null | cut -d: -f1,2 | head -20 | found "space at the end"

progress 0.7 "Files without a final line feed"
list_sources | while IFS= read -r file; do
    if [ -s "$file" ] && grep -qI . "$file" && [ -n "$(tail -c 1 "$file")" ]; then
        printf '%s\n' "$file"
    fi
done | found "no final line feed"

progress 0.9 "Links between documents"
list_sources | grep '\.md$' | while IFS= read -r file; do
    # Of [words](target#part "title") the target, unless it is another site's or a part of the page.
    grep -o '\](\([^)]*\))' "$file" | sed 's/^](//; s/)$//; s/[# ].*//' |
        grep -Ev '^$|^[a-z][a-z0-9+.-]*:' | while IFS= read -r target; do
        if [ ! -e "$(dirname "$file")/$target" ]; then printf '%s: %s\n' "$file" "$target"; fi
    done
done | found "broken link"

progress 1 "Checked: $(wc -l <"$findings" | tr -d ' ') findings"

if [ "$pass" -gt 1 ]; then
    gone=$(grep -cvxFf "$findings" "$notes/findings.1")
    new=$(grep -cvxFf "$notes/findings.1" "$findings")
    echo "Since the first pass: $new new findings, $gone gone"
fi
