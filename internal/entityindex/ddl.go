package entityindex

import (
	"fmt"
	"regexp"
	"strings"
)

// Columns are the columns of an index, in the order in which [ScanEntity] reads them.
const Columns = "id, ref, kind, namespace, name, title, owners, type, lifecycle, system, tags, labels, annotations, spec"

const tableDDL = `CREATE TABLE %[1]s.entity_index (
    id          text PRIMARY KEY,
    ref         text NOT NULL UNIQUE,
    kind        text NOT NULL,
    namespace   text NOT NULL,
    name        text NOT NULL,
    title       text NOT NULL DEFAULT '',
    owners      text[] NOT NULL DEFAULT '{}',
    type        text NOT NULL DEFAULT '',
    lifecycle   text NOT NULL DEFAULT '',
    system      text NOT NULL DEFAULT '',
    tags        text[] NOT NULL DEFAULT '{}',
    labels      jsonb NOT NULL DEFAULT '{}',
    annotations jsonb NOT NULL DEFAULT '{}',
    spec        jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX entity_index_kind ON %[1]s.entity_index (lower(kind), name);
CREATE INDEX entity_index_owners ON %[1]s.entity_index USING gin (owners);
CREATE INDEX entity_index_labels ON %[1]s.entity_index USING gin (labels);
`

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// DDL gives the statements that make the index of a schema. It panics on a schema name that is not a plain lower-case
// identifier: such a name is a mistake in the program.
func DDL(schema string) string {
	return fmt.Sprintf(tableDDL, mustSchema(schema))
}

// Migration gives a whole goose migration file that makes, and unmakes, the index of a schema.
func Migration(schema string) string {
	var b strings.Builder
	b.WriteString("-- +goose Up\n")
	b.WriteString(DDL(schema))
	fmt.Fprintf(&b, "\n-- +goose Down\nDROP TABLE %s.entity_index;\n", schema)
	return b.String()
}

func mustSchema(schema string) string {
	if !schemaName.MatchString(schema) {
		panic("entityindex: schema name is not a plain identifier: " + schema)
	}
	return schema
}
