package entityindex

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// membershipSQL gives the spec of a user and those of the groups that name members, each with its ref.
const membershipSQL = `
	SELECT ref, namespace, spec FROM %s
	WHERE ref = $1 OR (lower(kind) = 'group' AND jsonb_typeof(spec -> 'members') = 'array' AND spec -> 'members' <> '[]')`

// memberSpec is what says who belongs to what: memberOf of a user, members of a group.
type memberSpec struct {
	MemberOf []string `json:"memberOf"`
	Members  []string `json:"members"`
}

// GroupsOf gives the refs of the groups that a user belongs to directly, sorted: by the user's memberOf and by the
// groups' members. A user who is not in the catalog belongs to none.
func (x *Index) GroupsOf(ctx context.Context, db Querier, user string) ([]string, error) {
	user = strings.ToLower(user)
	rows, err := db.Query(ctx, strings.Replace(membershipSQL, "%s", x.Table(), 1), user)
	if err != nil {
		return nil, postgres.Fault("entityindex.GroupsOf", err)
	}
	var groups []string
	var ref, namespace string
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&ref, &namespace, &raw}, func() error {
		var spec memberSpec
		if json.Unmarshal(raw, &spec) != nil {
			return nil // what has another shape names no member
		}
		if ref == user {
			groups = append(groups, completed(spec.MemberOf, "group", namespace)...)
		} else if slices.Contains(completed(spec.Members, "user", namespace), user) {
			groups = append(groups, ref)
		}
		return nil
	})
	if err != nil {
		return nil, postgres.Fault("entityindex.GroupsOf", err)
	}
	slices.Sort(groups)
	return slices.Compact(groups), nil
}

// completed brings refs into their full lower-case form.
func completed(refs []string, kind, namespace string) []string {
	out := make([]string, len(refs))
	for i, ref := range refs {
		rest := strings.ToLower(ref)
		k, n := kind, namespace
		if before, after, ok := strings.Cut(rest, ":"); ok {
			k, rest = before, after
		}
		if before, after, ok := strings.Cut(rest, "/"); ok {
			n, rest = before, after
		}
		out[i] = k + ":" + n + "/" + rest
	}
	return out
}
