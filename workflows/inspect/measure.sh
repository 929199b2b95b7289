# Counts what there is: lines by language and folder, the longest files, and what changes most.

. "$(dirname "$0")/common.sh"

pass=$((pass + 1))
echo "$pass" >"$notes/pass"
counts="$notes/lines.$pass"

progress 0 "Counting lines"
list_sources | while IFS= read -r file; do
    printf '%s %s\n' "$(wc -l <"$file" | tr -d ' ')" "$file"
done >"$counts"

awk '{ lines += $1 } END { printf "%d lines in %d files\n", lines, NR }' "$counts" |
    tee "$notes/total.$pass"

if [ "$pass" -gt 1 ]; then
    progress 0.5 "Comparing with the first pass"
    differing=$(diff "$notes/lines.1" "$counts" | grep '^[<>]' | cut -d' ' -f3- | sort -u)
    if [ -z "$differing" ]; then
        echo "Every file is as long as in the first pass"
    else
        printf '%s\n' "$differing" | while IFS= read -r file; do
            echo "changed meanwhile: $file"
        done
    fi
    progress 1 "Measured again"
    exit 0
fi

progress 0.4 "By language"
awk '
    {
        name = $0; sub(/^[0-9]+ /, "", name); sub(/.*\//, "", name)
        language = "other"
        if (match(name, /\.[A-Za-z0-9]+$/)) language = substr(name, RSTART + 1)
        lines[language] += $1; files[language]++
    }
    END { for (l in lines) printf "%7d lines in %4d files: %s\n", lines[l], files[l], l }
' "$counts" | sort -rn | head -12

progress 0.6 "By folder"
awk '
    {
        path = $0; sub(/^[0-9]+ /, "", path)
        depth = split(path, part, "/")
        folder = depth > 2 ? part[1] "/" part[2] : depth > 1 ? part[1] : "(top level)"
        lines[folder] += $1
    }
    END { for (f in lines) printf "%7d lines in %s\n", lines[f], f }
' "$counts" | sort -rn | head -12

progress 0.8 "The longest files"
sort -rn "$counts" | head -8 | while read -r lines file; do
    printf '%7d lines: %s\n' "$lines" "$file"
done

progress 0.9 "What changed most in 30 days"
git log --since='30 days ago' --numstat --format= 2>/dev/null | awk -F'\t' '
    $1 ~ /^[0-9]+$/ { churn[$3] += $1 + $2; commits[$3]++ }
    END { for (f in churn) printf "%7d lines in %3d commits: %s\n", churn[f], commits[f], f }
' | sort -rn | head -8

progress 1 "Measured"
