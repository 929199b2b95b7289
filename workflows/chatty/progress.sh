# Speaks in events: progress in a hundred steps, ten a second.

step=0
while [ "$step" -lt 100 ]; do
    step=$((step + 1))
    fraction=$(awk "BEGIN { print $step / 100 }")
    printf '{"type":"agent_progress","progress":%s,"message":"Step %s of 100"}\n' "$fraction" "$step"
    sleep 0.1
done
printf '{"type":"result","lines":25000,"steps":%s}\n' "$step"
