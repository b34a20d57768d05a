#!/usr/bin/env bash
# Remove the data folder $1 of a single-process installation, once its owner said so.
set -euo pipefail
folder="${1:?the data folder}"

if [ ! -e "$folder" ]; then
    echo "There is no data in $folder."
    exit 0
fi
if [ ! -e "$folder/in-use.lock" ]; then
    echo "$folder was not made by this product; nothing was removed." >&2
    exit 1
fi
if command -v flock >/dev/null && ! flock --nonblock "$folder/in-use.lock" true; then
    echo "A running process uses $folder; end it first. Nothing was removed." >&2
    exit 1
fi
echo "$folder holds the documents, the archive, the encryption keys and the token of this installation"
echo "($(du -sh "$folder" | cut -f1)). What was booked stays in the books, but will not be known here any more."
read -r -p "Remove it for good? Type yes: " answer || answer=""
if [ "$answer" != yes ]; then
    echo "Nothing was removed."
    exit 1
fi
rm -rf -- "$folder"
echo "Removed $folder."
