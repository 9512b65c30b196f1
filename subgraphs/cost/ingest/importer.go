package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/cost"
)

// Files are where bills lie: those below the configured roots, as package filereader reads them.
type Files interface {
	Glob(ctx context.Context, pattern string) ([]string, error)
	OpenDir(path string) (*os.Root, error)
}

// Importer keeps the store in step with bill files. All fields but Metric are required.
type Importer struct {
	Files    Files
	Store    cost.BillStore
	Patterns []string // of paths of FOCUS files in CSV
	Rules    cost.Rules
	Metric   Metric
	Logger   *slog.Logger
	Every    time.Duration // how often the files are looked at again
}

// Import reads every file that is new or different, forgets those that are gone, and tells of anomalies, which may be
// there without a new file once an entity is known. A file that
// cannot be read keeps what it said before, and is told to the log; an error means that the store does not answer.
func (i *Importer) Import(ctx context.Context) error {
	names, err := i.names(ctx)
	if err != nil {
		return err
	}
	currency := ""
	for _, name := range names {
		err := i.importFile(ctx, name, &currency)
		if fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindNotFound) {
			i.Logger.WarnContext(ctx, "a bill cannot be read", slog.String("file", name), slog.Any("error", err))
			continue
		}
		if err != nil {
			return err
		}
	}
	if err := i.Store.Retain(ctx, names); err != nil {
		return err
	}
	return cost.Alerts(ctx, i.Store)
}

// names are the files of all patterns, each once, in alphabetical order.
func (i *Importer) names(ctx context.Context) ([]string, error) {
	names := []string{}
	for _, pattern := range i.Patterns {
		found, err := i.Files.Glob(ctx, pattern)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// importFile imports a file unless it is as it was. The first file's currency is that of all.
func (i *Importer) importFile(ctx context.Context, name string, currency *string) error {
	file, err := i.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	digest, err := i.digest(file)
	if err != nil {
		return err
	}
	known, err := i.Store.Source(ctx, name)
	if err != nil {
		return err
	}
	if known.Digest == digest {
		if *currency == "" {
			*currency = known.Currency
		}
		return nil
	}
	ledger := cost.NewLedger(i.Rules)
	bill, err := ReadFOCUS(file, Options{Metric: i.Metric, Currency: *currency}, ledger.Add)
	if err != nil {
		return err
	}
	*currency = bill.Currency
	i.tell(ctx, name, bill)
	return i.Store.Replace(ctx, cost.Source{
		Name: name, Digest: digest, Currency: bill.Currency, CompleteThrough: ledger.CompleteThrough(),
		Rows: bill.Rows, Problems: bill.Problems.Count,
	}, ledger.Daily())
}

func (i *Importer) open(name string) (*os.File, error) {
	folder, err := i.Files.OpenDir(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	file, err := folder.Open(filepath.Base(name))
	if err != nil {
		return nil, fault.NotFound("ingest.Import", "there is no bill of that name").Because(err)
	}
	return file, nil
}

// digest is that of the file's content, the rules and the metric: when one of them is different, so are the charges. The
// file stands at its start again afterwards.
func (i *Importer) digest(file *os.File) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q\n", i.Rules, i.Metric)
	if _, err := io.Copy(hash, file); err != nil {
		return "", fault.NotFound("ingest.Import", "the bill cannot be read").Because(err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", fault.NotFound("ingest.Import", "the bill cannot be read").Because(err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (i *Importer) tell(ctx context.Context, name string, bill Bill) {
	if bill.Problems.Count > 0 {
		i.Logger.WarnContext(ctx, "some rows of a bill were left out", slog.String("file", name),
			slog.Int("rows", bill.Problems.Count), slog.String("problems", bill.Problems.String()))
	}
}

// Run imports at every interval until the context ends.
func (i *Importer) Run(ctx context.Context) error {
	ticker := time.NewTicker(i.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if err := i.Import(ctx); err != nil && ctx.Err() == nil {
				i.Logger.WarnContext(ctx, "bills could not be imported", slog.Any("error", err))
			}
		}
	}
}
