package entityindex

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// Person is a user of the catalog with the groups that they belong to directly, sorted.
type Person struct {
	Ref    string
	Groups []string
}

const peopleSQL = `SELECT ref, lower(kind) COLLATE "C", namespace, spec FROM %s WHERE lower(kind) IN ('user', 'group')`

// People gives all users of the catalog, sorted by ref, with their groups as [Index.GroupsOf] gives them.
func (x *Index) People(ctx context.Context, db Querier) ([]Person, error) {
	rows, err := db.Query(ctx, strings.Replace(peopleSQL, "%s", x.Table(), 1))
	if err != nil {
		return nil, postgres.Fault("entityindex.People", err)
	}
	users, memberships := map[string]bool{}, map[string][]string{}
	var ref, kind, namespace string
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&ref, &kind, &namespace, &raw}, func() error {
		var spec memberSpec
		if json.Unmarshal(raw, &spec) != nil {
			spec = memberSpec{} // what has another shape names no member
		}
		if kind == "user" {
			users[ref] = true
			memberships[ref] = append(memberships[ref], completed(spec.MemberOf, "group", namespace)...)
			return nil
		}
		for _, member := range completed(spec.Members, "user", namespace) {
			memberships[member] = append(memberships[member], ref)
		}
		return nil
	})
	if err != nil {
		return nil, postgres.Fault("entityindex.People", err)
	}
	people := make([]Person, 0, len(users))
	for _, user := range slices.Sorted(maps.Keys(users)) {
		groups := memberships[user]
		slices.Sort(groups)
		people = append(people, Person{Ref: user, Groups: slices.Compact(groups)})
	}
	return people, nil
}
