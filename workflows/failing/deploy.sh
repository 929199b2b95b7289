# Looks for a file that is not there on purpose, says what it would need, and fails.

settings="$(pwd)/failing/deploy.env"

echo "Reading the settings of the deployment"
if [ ! -r "$settings" ]; then
    echo "cannot deploy: $settings is missing" >&2
    echo "This workflow fails on purpose. Nothing is wrong, and nothing was deployed." >&2
    exit 3
fi
