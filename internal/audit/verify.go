package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// Report is what verifying found: the chain holds.
type Report struct {
	// Records is how many records there are; the last one's position.
	Records int64
	// Head is the hash of the last record, in hex.
	Head string
	// Erased is how many facts were erased.
	Erased int64
}

// BrokenError says where the chain does not hold.
type BrokenError struct {
	// Position is that of the first record that is wrong; 0 if it is about the log as a whole.
	Position int64
	Reason   string
}

// Error tells it to people.
func (e *BrokenError) Error() string {
	if e.Position == 0 {
		return "the audit log was tampered with: " + e.Reason
	}
	return fmt.Sprintf("the audit log was tampered with: record %d %s", e.Position, e.Reason)
}

// Mark is a head that was noted down earlier: the hash, in hex, at a position.
type Mark struct {
	Position int64
	Hash     string
}

// Verify goes through the whole chain and every sealed fact, in one snapshot. The error is a [BrokenError] where
// something was changed, removed or put in. With marks it also says whether the chain is still the one that they were
// noted from: somebody who can write to the database can make another that holds in itself.
func (l *Log) Verify(ctx context.Context, marks ...Mark) (Report, error) {
	v := verification{marks: marks, tx: nil}
	tx, err := l.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Report{}, postgres.Fault("audit.Verify", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	v.tx = tx
	if err := v.run(ctx); err != nil {
		return Report{}, postgres.Fault("audit.Verify", err)
	}
	if v.broken != nil {
		return Report{}, v.broken
	}
	return Report{Records: v.at.position, Head: hex.EncodeToString(v.at.hash), Erased: v.erased}, nil
}

// verification is one walk along the chain.
type verification struct {
	tx     pgx.Tx
	marks  []Mark
	at     link
	erased int64 // facts that are gone
	told   int64 // facts that records of erasure say are gone
	broken *BrokenError
}

const (
	verifyPage = 1000
	walkSQL    = `
		SELECT position, recorded_at, kind, action, outcome, code, trace_id, facts, hash
		FROM audit.chain WHERE position > $1 ORDER BY position LIMIT $2`
	sealedPageSQL = `
		SELECT position, place, name, salt, value, erased FROM audit.sealed WHERE position > $1 AND position <= $2`
	headSQL     = `SELECT position, hash FROM audit.head`
	sealedAtSQL = `SELECT count(*) FROM audit.sealed WHERE position > $1 OR position < 1`
)

func (v *verification) run(ctx context.Context) error {
	for {
		page, err := v.page(ctx)
		if err != nil || v.broken != nil {
			return err
		}
		if len(page) < verifyPage {
			return v.end(ctx)
		}
	}
}

func (v *verification) page(ctx context.Context) ([]stored, error) {
	rows, err := v.tx.Query(ctx, walkSQL, v.at.position, verifyPage)
	if err != nil {
		return nil, err
	}
	page, err := pgx.CollectRows(rows, scanStored)
	if err != nil || len(page) == 0 {
		return nil, err
	}
	parts, err := sealedParts(ctx, v.tx, v.at.position, page[len(page)-1].Position)
	if err != nil {
		return nil, err
	}
	for _, s := range page {
		if v.follow(s); v.broken == nil {
			v.unseal(s, parts)
		}
		if v.broken != nil {
			return page, nil
		}
	}
	return page, nil
}

// stored is a record with its hash as the database has them.
type stored struct {
	record
	hash []byte
}

func scanStored(row pgx.CollectableRow) (s stored, err error) {
	err = row.Scan(&s.Position, &s.At, &s.Kind, &s.Action, &s.Outcome, &s.Code, &s.TraceID, &s.facts, &s.hash)
	return s, err
}

// follow goes one record further.
func (v *verification) follow(s stored) {
	want := s.hashAfter(v.at.hash)
	switch {
	case s.Position != v.at.position+1:
		v.fail(v.at.position+1, "is missing")
	case !bytes.Equal(want, s.hash):
		v.fail(s.Position, "is not what was recorded, or does not follow the one before it")
	}
	v.at = link{position: s.Position, hash: want}
	for _, m := range v.marks {
		if m.Position == s.Position && m.Hash != hex.EncodeToString(want) {
			v.fail(s.Position, "is not the one that was noted: the chain was made anew")
		}
	}
}

// unseal compares the facts about people with their seals.
func (v *verification) unseal(s stored, parts map[place]part) {
	var facts []chained
	if err := json.Unmarshal([]byte(s.facts), &facts); err != nil {
		v.fail(s.Position, "has facts that cannot be read")
		return
	}
	for i, f := range facts {
		if s.Kind == Erasure && f.Name == FactErased {
			n, _ := strconv.ParseInt(f.Value, 10, 64)
			v.told += n
		}
		key := place{s.Position, i}
		p, there := parts[key]
		delete(parts, key)
		switch {
		case f.Seal == "" && there:
			v.fail(s.Position, "has a fact too many")
		case f.Seal == "":
		case !there:
			v.fail(s.Position, "lacks its fact "+strconv.Quote(f.Name))
		case p.erased:
			v.erased++
		case sealOf(p.salt, f.Name, p.value) != f.Seal || p.name != f.Name:
			v.fail(s.Position, "has another "+strconv.Quote(f.Name)+" than was recorded")
		}
	}
}

// end compares the end of the chain with its head.
func (v *verification) end(ctx context.Context) error {
	var head link
	if err := v.tx.QueryRow(ctx, headSQL).Scan(&head.position, &head.hash); err != nil {
		return err
	}
	var stray int64
	if err := v.tx.QueryRow(ctx, sealedAtSQL, v.at.position).Scan(&stray); err != nil {
		return err
	}
	switch {
	case head.position > v.at.position:
		v.fail(v.at.position+1, "is missing")
	case head.position < v.at.position || !bytes.Equal(head.hash, v.at.hash):
		v.fail(0, "its head is not that of its last record")
	case stray > 0:
		v.fail(0, "there are facts of records that do not exist")
	case v.erased != v.told:
		v.fail(0, fmt.Sprintf("%d facts were erased, but %d are recorded as erased", v.erased, v.told))
	}
	for _, m := range v.marks {
		if m.Position > v.at.position {
			v.fail(m.Position, "was noted and is missing")
		}
	}
	return nil
}

func (v *verification) fail(position int64, reason string) {
	if v.broken == nil {
		v.broken = &BrokenError{Position: position, Reason: reason}
	}
}

// place is where a sealed fact belongs.
type place struct {
	position int64
	place    int
}

// part is a sealed fact as the database has it.
type part struct {
	name, value string
	salt        []byte
	erased      bool
}

func sealedParts(ctx context.Context, db querier, after, upTo int64) (map[place]part, error) {
	rows, err := db.Query(ctx, sealedPageSQL, after, upTo)
	if err != nil {
		return nil, err
	}
	parts := map[place]part{}
	var at place
	var p part
	_, err = pgx.ForEachRow(rows, []any{&at.position, &at.place, &p.name, &p.salt, &p.value, &p.erased}, func() error {
		parts[at] = p
		return nil
	})
	return parts, err
}
