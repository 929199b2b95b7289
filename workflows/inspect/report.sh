# Sums up what the other phases noted, and gives the result of the run.

. "$(dirname "$0")/common.sh"

# number TEXT: its first number, or 0.
number() {
    found=$(printf '%s' "$1" | grep -oE '[0-9]+' | head -1)
    printf '%s' "${found:-0}"
}

total=$(note "total.$pass")
tests=$(note "tests.$pass" | sed -n 's/^test result: //p' | head -1)
findings=$(note "findings.$pass" | wc -l | tr -d ' ')
changed=$(diff "$notes/lines.1" "$notes/lines.$pass" 2>/dev/null | grep -c '^>')

echo "Sources:  ${total:-not measured}"
echo "Findings: $findings"
note "findings.$pass" | cut -d: -f1 | sort | uniq -c | sort -rn
echo "Tests:    ${tests:-not run}"
echo "Changed between the passes: $changed files"

printf '{"type":"result","lines":%s,"files":%s,"findings":%s,"tests_passed":%s,"files_changed":%s,"passes":%s}\n' \
    "$(number "$total")" "$(number "${total#* in }")" "$findings" "$(number "$tests")" \
    "$changed" "$pass"
