package postgres

import (
	"strings"

	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/catalog"
)

// filterMark stands in a statement where the filter over e goes.
const filterMark = "/*filter*/"

// visibleOwners keeps those of the wanted owners that are not hidden: whoever may not see a group is not told what it
// owns. The subquery depends on no row, so that it runs once.
const visibleOwners = `e.owners && ARRAY(SELECT wanted.ref FROM unnest(` + ownersMark + `::text[]) AS wanted (ref)
	WHERE NOT EXISTS (SELECT FROM catalog.entities h WHERE h.ref = wanted.ref AND NOT ` + ownerAccessMark + `))`

const (
	ownersMark      = "/*owners*/"
	ownerAccessMark = "/*owner access*/"
)

// filtered puts the access predicate and the filter into a statement.
func filtered(access catalog.Access, filter *catalog.EntityFilter, statement string, args *entityindex.Args) string {
	statement = under(access, statement, args)
	c := conditions{access: access, args: args}
	return strings.Replace(statement, filterMark, c.of(filter), 1)
}

// conditions turns filters into SQL; every value is a bound parameter.
type conditions struct {
	access catalog.Access
	args   *entityindex.Args
}

func (c conditions) of(f *catalog.EntityFilter) string {
	if f == nil {
		return "TRUE"
	}
	parts := []string{"TRUE"}
	add := func(said bool, condition func() string) {
		if said {
			parts = append(parts, condition())
		}
	}
	add(f.Kind != nil, func() string { return c.oneOf("lower(e.kind)", f.Kind) })
	add(f.Namespace != nil, func() string { return c.oneOf("lower(e.namespace)", f.Namespace) })
	add(f.Type != nil, func() string { return c.oneOf("lower(e.type)", f.Type) })
	add(f.Lifecycle != nil, func() string { return c.oneOf("lower(e.lifecycle)", f.Lifecycle) })
	add(f.Owner != nil, func() string { return c.ownedBy(f.Owner) })
	add(len(f.Tags) > 0, func() string { return "e.tags @> " + c.texts(f.Tags) })
	add(len(f.Labels) > 0, func() string { return "e.labels_folded @> " + c.texts(f.FoldedLabels()) })
	add(len(f.All) > 0, func() string { return c.joined(f.All, " AND ") })
	add(f.Any != nil, func() string { return c.joined(f.Any, " OR ") })
	add(f.Not != nil, func() string { return "NOT " + c.of(f.Not) })
	return "(" + strings.Join(parts, " AND ") + ")"
}

func (c conditions) joined(filters []*catalog.EntityFilter, operator string) string {
	if len(filters) == 0 {
		return "FALSE"
	}
	parts := make([]string, len(filters))
	for i, f := range filters {
		parts[i] = c.of(f)
	}
	return "(" + strings.Join(parts, operator) + ")"
}

// oneOf compares with = where it can: an index then gives the rows in the order of their refs.
func (c conditions) oneOf(expression string, values []string) string {
	if len(values) == 1 {
		return expression + " = " + c.args.Add(strings.ToLower(values[0]))
	}
	return expression + " = ANY(" + c.texts(values) + ")"
}

func (c conditions) ownedBy(owners []string) string {
	access := "FALSE"
	if c.access != nil {
		access = c.access.SQL("h", c.args)
	}
	condition := strings.Replace(visibleOwners, ownersMark, c.texts(owners), 1)
	return strings.Replace(condition, ownerAccessMark, access, 1)
}

// texts binds values in lower case.
func (c conditions) texts(values []string) string {
	lower := make([]string, len(values))
	for i, value := range values {
		lower[i] = strings.ToLower(value)
	}
	return c.args.Add(lower) + "::text[]"
}
