package entityindex

import (
	"fmt"
	"strings"
)

// Keyset is a part of a list that is read by key set: the rows whose sort key lies between two others.
type Keyset struct {
	// After and Before bound the list, exclusive: a value for each column of the sort key; nil for no bound.
	After, Before []any

	// Backward reads from the back: the rows come in the opposite order.
	Backward bool
	Limit    int
}

// SQL is the end of a statement whose last clause is WHERE, with a condition, that lists rows in the ascending order of
// columns.
func (k Keyset) SQL(args *Args, columns ...string) string {
	return k.bounds(args, ">", "<", columns) + orderBy(columns, k.Backward) + " LIMIT " + args.Add(k.Limit)
}

// DescendingSQL is as SQL, for a list in the descending order of columns.
func (k Keyset) DescendingSQL(args *Args, columns ...string) string {
	return k.bounds(args, "<", ">", columns) + orderBy(columns, !k.Backward) + " LIMIT " + args.Add(k.Limit)
}

func (k Keyset) bounds(args *Args, after, before string, columns []string) string {
	return bound(args, after, columns, k.After) + bound(args, before, columns, k.Before)
}

func bound(args *Args, operator string, columns []string, key []any) string {
	if key == nil {
		return ""
	}
	places := make([]string, len(key))
	for i, value := range key {
		places[i] = args.Add(value)
	}
	return fmt.Sprintf(" AND (%s) %s (%s)", strings.Join(columns, ", "), operator, strings.Join(places, ", "))
}

func orderBy(columns []string, descending bool) string {
	order := " ORDER BY " + strings.Join(columns, " ASC, ") + " ASC"
	if descending {
		order = strings.ReplaceAll(order, " ASC", " DESC")
	}
	return order
}
