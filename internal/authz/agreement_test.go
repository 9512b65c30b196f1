package authz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

const schema = "agreement"

// words are few, so that rows and conditions meet; some of them would break out of a careless statement.
func words() []string {
	return []string{
		"a", "A", "b", "team", "'; DROP TABLE agreement.entity_index; --", `"`, `\`, "%", "$1", "?", "é", "\u212a", "", "0",
		"true", "null", "{}", "a.b/c", "$currentUser", "user:default/me", "group:default/team",
	}
}

// key is one of very few words, so that the key that a rule asks for is often there.
func key() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"a", "b", "a.b/c", "'; DROP TABLE agreement.entity_index; --"})
}

func word() *rapid.Generator[string] { return rapid.SampledFrom(words()) }

func optionalWord() *rapid.Generator[*string] { return rapid.Ptr(word(), true) }

func fewWords() *rapid.Generator[[]string] { return rapid.SliceOfN(word(), 0, 3) }

func pairs() *rapid.Generator[map[string]string] { return rapid.MapOfN(key(), word(), 0, 3) }

func jsonValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		choices := 6
		if depth <= 0 {
			choices = 4
		}
		switch rapid.IntRange(0, choices).Draw(t, "form") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return json.Number(rapid.SampledFrom([]string{"0", "-0", "0.0", "0e5", "1", "-1.5", "1e-300"}).Draw(t, "number"))
		case 3, 4:
			return word().Draw(t, "text")
		case 5:
			return rapid.SliceOfN(jsonValue(depth-1), 0, 3).Draw(t, "array")
		default:
			return rapid.MapOfN(key(), jsonValue(depth-1), 0, 3).Draw(t, "object")
		}
	})
}

func entity(id string) *rapid.Generator[entityindex.Entity] {
	return rapid.Custom(func(t *rapid.T) entityindex.Entity {
		spec, err := json.Marshal(rapid.MapOfN(key(), jsonValue(2), 0, 4).Draw(t, "spec"))
		if err != nil {
			panic(err)
		}
		return entityindex.Entity{
			ID: id, Ref: "r:" + id, Kind: rapid.SampledFrom([]string{"API", "api", "Component", "\u212aind", "kind"}).Draw(t, "kind"),
			Namespace: word().Draw(t, "namespace"), Name: word().Draw(t, "name"), Title: word().Draw(t, "title"),
			Owners: fewWords().Draw(t, "owners"), Type: word().Draw(t, "type"), Lifecycle: word().Draw(t, "lifecycle"),
			Tags: fewWords().Draw(t, "tags"), Labels: pairs().Draw(t, "labels"), Annotations: pairs().Draw(t, "annotations"),
			Spec: spec,
		}
	})
}

func condition(depth int) *rapid.Generator[authz.Condition] {
	return rapid.Custom(func(t *rapid.T) authz.Condition {
		if depth > 0 && rapid.Bool().Draw(t, "nested") {
			several := rapid.SliceOfN(condition(depth-1), 0, 3)
			switch rapid.IntRange(0, 2).Draw(t, "operator") {
			case 0:
				return authz.All(several.Draw(t, "all")...)
			case 1:
				return authz.Any(several.Draw(t, "any")...)
			default:
				return authz.Not(condition(depth-1).Draw(t, "not"))
			}
		}
		return drawRule(t)
	})
}

func drawRule(t *rapid.T) authz.Condition {
	switch rapid.IntRange(0, 9).Draw(t, "rule") {
	case 0:
		return authz.IsEntityOwner(append(fewWords().Draw(t, "claims"), rapid.SampledFrom([]string{authz.CurrentUser, authz.OwnerRefs, "x"}).Draw(t, "alias"))...)
	case 1:
		return authz.IsEntityKind(rapid.SampledFrom([]string{"api", "API", "KIND", "\u212aIND"}).Draw(t, "kind"))
	case 2:
		return authz.HasAnnotation(key().Draw(t, "annotation"), optionalWord().Draw(t, "value"))
	case 3:
		return authz.HasLabel(key().Draw(t, "label"), optionalWord().Draw(t, "value"))
	case 4:
		return authz.InNamespace(fewWords().Draw(t, "namespaces")...)
	case 5:
		return authz.HasLifecycle(fewWords().Draw(t, "lifecycles")...)
	case 6:
		return authz.HasType(fewWords().Draw(t, "types")...)
	case 7:
		return authz.HasTag(fewWords().Draw(t, "tags")...)
	case 8:
		key := rapid.SampledFrom([]string{"uid", "name", "namespace", "title", "tags", "labels.a", "annotations.a.b/c"}).Draw(t, "key")
		c, ok := authz.HasMetadata(key, optionalWord().Draw(t, "value"))
		if !ok {
			t.Fatalf("%s is not known", key)
		}
		return c
	default:
		return authz.HasSpec(rapid.SliceOfN(key(), 1, 2).Draw(t, "path"), optionalWord().Draw(t, "value"))
	}
}

func newPool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return postgrestest.New(t, postgres.Migrations{
		Schema: schema, Files: entityindex.WithMigration(fstest.MapFS{}, "00001_entity_index.sql", schema),
	})
}

var errUndo = errors.New("undo")

// inPostgreSQL gives the ids of the entities that the decision's SQL lets through.
func inPostgreSQL(ctx context.Context, pool *pgxpool.Pool, entities []entityindex.Entity, d authz.Decision) ([]string, error) {
	index := entityindex.New(schema)
	var ids []string
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		all := make([]events.Event, len(entities))
		for i := range entities {
			var err error
			if all[i], err = entityindex.NewEvent(entityindex.Change{Entity: &entities[i]}); err != nil {
				return err
			}
		}
		if err := index.Apply(ctx, tx, all); err != nil {
			return err
		}
		found, err := index.All(ctx, tx, d, "", len(entities))
		if err != nil {
			return err
		}
		for _, e := range found {
			ids = append(ids, e.ID)
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		err = nil
	}
	slices.Sort(ids)
	return ids, err
}

func inMemory(entities []entityindex.Entity, d authz.Decision) (ids []string) {
	for _, e := range entities {
		if d.Matches(e) {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestPostgreSQLAndMemoryAgreeOnEveryCondition(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	rapid.Check(t, func(t *rapid.T) {
		entities := make([]entityindex.Entity, 12)
		for i := range entities {
			entities[i] = entity(fmt.Sprint(i)).Draw(t, "entity")
		}
		d := authz.Where(condition(rapid.IntRange(0, 3).Draw(t, "depth")).Draw(t, "condition"), "user:default/me", "group:default/team")
		got, err := inPostgreSQL(context.Background(), pool, entities, d)
		if err != nil {
			t.Fatalf("%s: %v", d.SQL("e", &authz.Args{}), err)
		}
		if diff := cmp.Diff(inMemory(entities, d), got); diff != "" {
			t.Fatalf("%s: in memory, in PostgreSQL:\n%s", d.SQL("e", &authz.Args{}), diff)
		}
	})
}

// TestBothAgreeOnWhatASpecHolds asks about each kind of JSON value by itself: random specs rarely hold the odd ones.
func TestBothAgreeOnWhatASpecHolds(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	specs := map[string]string{
		"absent": `{}`, "null": `{"k": null}`, "false": `{"k": false}`, "true": `{"k": true}`, "zero": `{"k": 0}`,
		"negative zero": `{"k": -0.0}`, "zero with exponent": `{"k": 0e300}`, "tiny": `{"k": 1e-400}`, "one": `{"k": 1}`,
		"empty text": `{"k": ""}`, "text": `{"k": "v"}`, "capitals": `{"k": "V"}`, "empty array": `{"k": []}`,
		"array": `{"k": ["u", "v"]}`, "array in array": `{"k": [["v"]]}`, "array of null": `{"k": [null]}`,
		"empty object": `{"k": {}}`, "nested": `{"k": {"k": "v"}}`, "nested false": `{"k": {"k": false}}`,
		"array of objects": `{"k": [{"k": "v"}]}`,
	}
	value := "v"
	for name, test := range map[string]struct {
		condition authz.Condition
		want      []string
	}{
		"present": {authz.HasSpec([]string{"k"}, nil), []string{
			"array", "array in array", "array of null", "array of objects", "capitals", "empty object", "nested",
			"nested false", "one", "text", "tiny", "true",
		}},
		"with the value":        {authz.HasSpec([]string{"k"}, &value), []string{"array", "text"}},
		"nested":                {authz.HasSpec([]string{"k", "k"}, nil), []string{"nested"}},
		"nested with the value": {authz.HasSpec([]string{"k", "k"}, &value), []string{"nested"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var entities []entityindex.Entity
			for id, spec := range specs {
				entities = append(entities, entityindex.Entity{ID: id, Ref: "r:" + id, Spec: json.RawMessage(spec)})
			}
			d := authz.Where(test.condition)
			got, err := inPostgreSQL(t.Context(), pool, entities, d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("in PostgreSQL:\n%s", diff)
			}
			if diff := cmp.Diff(test.want, inMemory(entities, d)); diff != "" {
				t.Errorf("in memory:\n%s", diff)
			}
		})
	}
}

func TestNoValueReachesTheTextOfAStatement(t *testing.T) {
	t.Parallel()
	const canary = "canary'; --"
	value := canary
	for _, c := range []authz.Condition{
		authz.IsEntityOwner(canary), authz.IsEntityKind(canary), authz.HasAnnotation(canary, nil),
		authz.HasLabel(canary, &value), authz.InNamespace(canary), authz.HasTag(canary), authz.HasLifecycle(canary),
		authz.HasType(canary), authz.HasSpec([]string{canary}, &value), authz.HasSpec([]string{canary, canary}, nil),
		authz.IsTaskOwner(canary),
	} {
		args := &authz.Args{}
		sql := authz.Where(authz.Not(c), "user:default/"+canary).SQL("e", args)
		if strings.Contains(sql, "canary") || len(args.Values()) == 0 {
			t.Errorf("%s with %v", sql, args.Values())
		}
	}
}

func TestAnAliasThatIsNoIdentifierPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it was accepted")
		}
	}()
	authz.Allow().SQL("e; DROP TABLE x", &authz.Args{})
}
