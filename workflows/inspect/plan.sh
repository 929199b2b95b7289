# Says what will be looked at, and puts away the notes of an earlier run.

. "$(dirname "$0")/common.sh"

rm -f "$notes"/pass "$notes"/*.1 "$notes"/*.2

echo "Inspecting $(pwd)"
if branch=$(git rev-parse --abbrev-ref HEAD 2>/dev/null); then
    echo "On $branch at $(git log -1 --format='%h, %s')"
    changed=$(git status --porcelain | wc -l | tr -d ' ')
    echo "$changed files differ from the last commit"
else
    echo "No version control here: history is left out"
fi

echo "Folders to look at:"
list_files | awk -F/ '
    { folder = NF > 1 ? $1 "/" : "(top level)"; count[folder]++ }
    END { for (folder in count) printf "%6d files in %s\n", count[folder], folder }
' | sort -rn

echo "To do: measure the sources, check that they are tidy, run the tests of the core, report"
