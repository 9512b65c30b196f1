package audit

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"devportal.internal/internal/fault"
)

// line is a record as it is exported.
type line struct {
	Position int64          `json:"position"`
	Time     time.Time      `json:"time"`
	Kind     Kind           `json:"kind"`
	Action   string         `json:"action"`
	Outcome  Outcome        `json:"outcome"`
	Code     string         `json:"code,omitempty"`
	TraceID  string         `json:"traceId,omitempty"`
	Facts    []exportedFact `json:"facts"`
	Hash     string         `json:"hash"`
}

type exportedFact struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Erased bool   `json:"erased,omitempty"`
}

const exportPage = 500

// Export writes the records that the filter lets through, oldest first, one JSON object a line.
func (l *Log) Export(ctx context.Context, to io.Writer, filter Filter) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	for after := int64(0); ; {
		page, err := l.Oldest(ctx, filter, after, exportPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := encoder.Encode(lineOf(r)); err != nil {
				return fault.Internal("audit.Export", err)
			}
			after = r.Position
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

func lineOf(r Record) line {
	facts := make([]exportedFact, len(r.Facts))
	for i, f := range r.Facts {
		facts[i] = exportedFact{Name: f.Name, Value: f.Value, Erased: f.Erased}
	}
	return line{
		Position: r.Position, Time: r.At, Kind: r.Kind, Action: r.Action, Outcome: r.Outcome, Code: r.Code,
		TraceID: r.TraceID, Facts: facts, Hash: r.Hash,
	}
}
