#!/bin/sh
# Copies the published builds named in package.json into assets/, compressed, with the licences of everything that is
# bundled in them. Run it in this folder after changing a version; the result is checked in.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$work"
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --silent)
modules=$work/node_modules
mkdir -p "$here/assets"

store() { grep -v '^//# sourceMappingURL=' "$modules/$1" | gzip -9n >"$here/assets/$2.gz"; }
store react/umd/react.production.min.js react.js
store react-dom/umd/react-dom.production.min.js react-dom.js
store graphiql/graphiql.min.js graphiql.js
store graphiql/graphiql.min.css graphiql.css
store graphql-ws/umd/graphql-ws.min.js graphql-ws.js

find "$modules" -maxdepth 3 -type f -iname 'licen[sc]e*' | LC_ALL=C sort | while read -r file; do
	printf '==== %s\n\n' "${file#"$modules"/}"
	cat "$file"
	printf '\n\n'
done | gzip -9n >"$here/assets/LICENSES.txt.gz"
