# What the scripts of this folder share. Each sources it first, and is then in the project's root.

set -u
cd "$(dirname "$0")/../.." || exit 1

# The notes that one phase leaves for the next.
notes=target/inspect
mkdir -p "$notes" || exit 1

# The files of the project, one a line: what git knows or would add; without git, all that is not
# a product.
list_files() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f ! -path './target/*' ! -path './dist/*' ! -path '*/node_modules/*' |
            sed 's|^\./||'
    fi | while IFS= read -r file; do
        if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done
}

# The same, without what no person reads line by line.
list_sources() {
    list_files | grep -Ev '(^|/)(Cargo\.lock|package-lock\.json)$|\.(png|ico|wasm|woff2?|ndjson|gz)$'
}

# Text as the inside of a JSON string.
escape() {
    printf '%s' "$1" | tr '\000-\037' ' ' | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# progress FRACTION TEXT
progress() {
    printf '{"type":"agent_progress","progress":%s,"message":"%s"}\n' "$1" "$(escape "$2")"
}

# warn TEXT
warn() {
    printf '{"type":"log","level":"warning","message":"%s"}\n' "$(escape "$1")"
}

# note NAME: the note of that name, or nothing.
note() {
    cat "$notes/$1" 2>/dev/null || true
}

# The pass that the current phase belongs to.
pass=$(note pass)
pass=${pass:-0}
