#!/bin/sh
# Fetches the published build of nunjucks that the scaffolder's templates run on. Change the version here, then run it.
set -eu
cd "$(dirname "$0")"
version=3.2.4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "nunjucks@$version" >/dev/null
tar -xzf "$folder/nunjucks-$version.tgz" -C "$folder"
grep -v sourceMappingURL "$folder/package/browser/nunjucks.min.js" > nunjucks.min.js
cp "$folder/package/LICENSE" LICENSE
