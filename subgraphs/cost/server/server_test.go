package server_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devportal.internal/graph/graphtest"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/subgraphs/cost"
	"devportal.internal/subgraphs/cost/postgres"
	"devportal.internal/subgraphs/cost/server"
)

const header = "ChargePeriodStart,ChargePeriodEnd,BillingCurrency,EffectiveCost,ServiceName,Tags\n"

// row is a day's charge for a component, or for nobody.
func row(day int, amount, service, component string) string {
	start := time.Date(2026, 10, day, 0, 0, 0, 0, time.UTC)
	tags := "NULL"
	if component != "" {
		tags = fmt.Sprintf(`"{""component"": ""%s""}"`, component)
	}
	return fmt.Sprintf("%s,%s,USD,%s,%s,%s\n", start.Format(time.DateTime), start.AddDate(0, 0, 1).Format(time.DateTime), amount, service, tags)
}

// bill is 20 days: open costs 1.10 a day and 100 on the last, hidden 5 a day, and 0.333 a day belongs to nobody.
func bill() string {
	var b strings.Builder
	b.WriteString(header)
	for day := 1; day <= 20; day++ {
		amount := "1.10"
		if day == 20 {
			amount = "100"
		}
		b.WriteString(row(day, amount, "Compute", "open") + row(day, "5", "Storage", "hidden") + row(day, "0.333", "Network", ""))
	}
	return b.String() + row(20, "7", "Compute", "no-such-component")
}

type office struct {
	bench  *graphtest.Bench
	folder string
	server *httptest.Server
}

func start(t *testing.T, rules cost.Rules, entities ...entityindex.Entity) *office {
	t.Helper()
	o := &office{bench: graphtest.New(t, postgres.Migrations()), folder: t.TempDir()}
	o.bench.Publish(t, graphtest.Added(entities...))
	o.write(t, bill())
	files, err := filereader.Open(filereader.Options{Roots: []string{o.folder}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	subgraph, err := server.New(server.Deps{
		Pool: o.bench.Pool, Log: o.bench.Log, Decider: graphtest.Decider(t), Authenticate: graphtest.Authenticate,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Files: files,
		Bills: []string{filepath.Join(o.folder, "*.csv")}, Rules: rules, Refresh: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	graphtest.Start(t, subgraph.Parts()...)
	o.server = graphtest.Serve(t, subgraph.Handler())
	return o
}

func (o *office) write(t *testing.T, text string) {
	t.Helper()
	partial := filepath.Join(o.folder, "bill.partial")
	if err := os.WriteFile(partial, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(partial, filepath.Join(o.folder, "bill.csv")); err != nil {
		t.Fatal(err)
	}
}

func organisation() []entityindex.Entity {
	return []entityindex.Entity{graphtest.Component("open"), graphtest.Restricted(graphtest.Component("hidden")), graphtest.Component("idle")}
}

const entityQuery = `query($reps: [_Any!]!, $last: Int) { _entities(representations: $reps) { ... on CatalogEntity {
	cost(last: $last) { from to total { amount currency } change { amount ratio } daily { date amount } byService { service amount } } } } }`

func asking(last int, uids ...string) map[string]any {
	reps := make([]any, len(uids))
	for i, uid := range uids {
		reps[i] = map[string]any{"__typename": "CatalogEntity", "id": relay.EntityID(uid)}
	}
	return map[string]any{"reps": reps, "last": last}
}

func TestAnEntityCostsWhatItsTagsSay(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	got := graphtest.As(o.server, "admin").Data(t, entityQuery, asking(2, "id-open"))
	want := `{"_entities":[{"cost":{"from":"2026-10-19","to":"2026-10-20","total":{"amount":"101.1","currency":"USD"},` +
		`"change":{"amount":"98.9","ratio":44.95454545454545},"daily":[{"date":"2026-10-19","amount":"1.1"},{"date":"2026-10-20","amount":"100"}],` +
		`"byService":[{"service":"Compute","amount":"101.1"}]}}]}`
	if got != want {
		t.Errorf("cost\n%s\nwant\n%s", got, want)
	}
}

func TestAnEntityWithoutChargesCostsNothing(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	got := graphtest.As(o.server, "admin").Data(t, entityQuery, asking(1, "id-idle"))
	if want := `"total":{"amount":"0","currency":"USD"},"change":{"amount":"0","ratio":null},"daily":[{"date":"2026-10-20","amount":"0"}]`; !strings.Contains(got, want) {
		t.Errorf("cost %s, want %s", got, want)
	}
}

const reportQuery = `query($last: Int) { costReport(last: $last) { total { amount } allocated { amount } unallocated { amount }
	daily { amount } byService { service amount } entities(first: 5) { totalCount nodes { entity { id } amount } } } }`

func TestTheReportAddsUp(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	got := graphtest.As(o.server, "admin").Data(t, reportQuery, map[string]any{"last": 2})
	want := `{"costReport":{"total":{"amount":"118.766"},"allocated":{"amount":"111.1"},"unallocated":{"amount":"7.666"},` +
		`"daily":[{"amount":"6.433"},{"amount":"112.333"}],` +
		`"byService":[{"service":"Compute","amount":"108.1"},{"service":"Storage","amount":"10"},{"service":"Network","amount":"0.666"}],` +
		`"entities":{"totalCount":2,"nodes":[{"entity":{"id":"` + relay.EntityID("id-open") + `"},"amount":"101.1"},{"entity":{"id":"` +
		relay.EntityID("id-hidden") + `"},"amount":"10"}]}}}`
	if got != want {
		t.Errorf("report\n%s\nwant\n%s", got, want)
	}
}

func TestWhatAViewerMayNotSeeCostsNothing(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	viewer := graphtest.As(o.server, "viewer")
	if got := viewer.Data(t, entityQuery, asking(2, "id-hidden")); got != `{"_entities":[{"cost":null}]}` {
		t.Errorf("the hidden entity costs %s", got)
	}
	got := viewer.Data(t, reportQuery, map[string]any{"last": 2})
	for _, hidden := range []string{relay.EntityID("id-hidden"), "Storage", "118.766"} {
		if strings.Contains(got, hidden) {
			t.Errorf("the report shows %s:\n%s", hidden, got)
		}
	}
	if want := `"total":{"amount":"108.766"},"allocated":{"amount":"101.1"},"unallocated":{"amount":"7.666"}`; !strings.Contains(got, want) {
		t.Errorf("report %s, want %s", got, want)
	}
}

func TestWhoMayReadNoCostsIsRefused(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	if codes := graphtest.As(o.server, "stranger").Ask(t, reportQuery, nil).Codes(); len(codes) != 1 || codes[0] != "FORBIDDEN" {
		t.Errorf("codes %v, want FORBIDDEN", codes)
	}
}

func TestAPeriodOutOfBoundsIsInvalid(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	for _, last := range []int{0, -1, 401} {
		if codes := graphtest.As(o.server, "admin").Ask(t, reportQuery, map[string]any{"last": last}).Codes(); len(codes) != 1 || codes[0] != "INVALID_PERIOD" {
			t.Errorf("last %d: codes %v, want INVALID_PERIOD", last, codes)
		}
	}
}

func TestALabelLeadsToOneEntity(t *testing.T) {
	t.Parallel()
	named := func(name string) entityindex.Entity {
		entity := graphtest.Component(name)
		entity.Labels["team"] = "open"
		return entity
	}
	rules := cost.Rules{{Tag: "component", Property: cost.Property{In: cost.Label, Key: "team"}}}
	o := start(t, rules, named("b"), named("a"))
	got := graphtest.As(o.server, "admin").Data(t, reportQuery, map[string]any{"last": 1})
	if want := `"nodes":[{"entity":{"id":"` + relay.EntityID("id-a") + `"},"amount":"100"}]`; !strings.Contains(got, want) {
		t.Errorf("report %s, want the charges once, at the first entity: %s", got, want)
	}
}

func TestAnomaliesAreToldOnceAndOnlyToThoseWhoMaySee(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	const query = `subscription($after: String) { costAlerts(after: $after) { kind date amount { amount } expected { amount } entity { id } } }`
	from := map[string]any{"after": events.Cursor{}.String()}
	answer := graphtest.Next(t, graphtest.As(o.server, "viewer").Follow(t, query, from))
	want := `{"costAlerts":{"kind":"ANOMALY","date":"2026-10-20","amount":{"amount":"100"},"expected":{"amount":"1.1"},"entity":{"id":"` + relay.EntityID("id-open") + `"}}}`
	if string(answer.Data) != want {
		t.Errorf("alert %s %v, want %s", answer.Data, answer.Errors, want)
	}
}

func TestANewBillReplacesTheOldOne(t *testing.T) {
	t.Parallel()
	o := start(t, nil, organisation()...)
	o.write(t, header+row(1, "3", "Compute", "open"))
	admin := graphtest.As(o.server, "admin")
	deadline := time.Now().Add(graphtest.Timeout)
	for {
		var report struct {
			CostReport struct{ Total struct{ Amount string } }
		}
		if err := json.Unmarshal([]byte(admin.Data(t, reportQuery, map[string]any{"last": 30})), &report); err != nil {
			t.Fatal(err)
		}
		if report.CostReport.Total.Amount == "3" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the total stays %s, want 3", report.CostReport.Total.Amount)
		}
	}
}
