package persisted

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// Mode says what happens to documents that are not registered.
type Mode string

// The modes. The zero Mode is Off.
const (
	Off     Mode = "off"     // they are run
	Report  Mode = "report"  // they are run, counted and logged
	Enforce Mode = "enforce" // they are refused
)

// Options says how Documents behave. With the zero value nothing is persisted.
type Options struct {
	// Automatic lets clients name a document by its hash once they have sent it.
	Automatic bool

	// Store keeps automatic documents for all replicas; nil keeps them in this process alone.
	Store Store

	// Mode is for clients that Clients does not name; Clients is by the name that a client gives itself.
	Mode    Mode
	Clients map[string]Mode

	// IDsOnly makes a registered document count as one only where it is named by its id.
	IDsOnly bool

	// Logger is told of documents that are not registered, once each; nil is silent.
	Logger *slog.Logger

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// The codes of errors.
const (
	CodeBadRequest    = "BAD_REQUEST"
	CodeNotFound      = "PERSISTED_QUERY_NOT_FOUND"
	CodeNotSupported  = "PERSISTED_QUERY_NOT_SUPPORTED"
	CodeHashMismatch  = "PERSISTED_QUERY_HASH_MISMATCH"
	CodeIDNotInList   = "PERSISTED_QUERY_NOT_IN_LIST"
	CodeTextNotInList = "QUERY_NOT_IN_SAFELIST"
	CodeIDRequired    = "PERSISTED_QUERY_ID_REQUIRED"
)

// Error is why an operation has no document that may be run. Its message may be shown to the client.
type Error struct{ Code, Message string }

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Ask is what a client said of the document that it wants run.
type Ask struct {
	// Text is the document itself, "" where it is only named.
	Text string

	// ID names a registered document; "" where none is named.
	ID string

	// Extensions are those of the request: a hash stands in `persistedQuery`.
	Extensions json.RawMessage

	// Client is the name that the client gives itself, Operation the operation's name: for the log.
	Client    string
	Operation string
}

// Found is a document that may be run.
type Found struct {
	Text string

	// keep is the hash to keep the text under once it proved to be valid.
	keep string
}

// Documents finds documents. It is safe for concurrent use.
type Documents struct {
	options Options
	list    atomic.Pointer[List]
	kept    *automatic
	counts  *counts
}

// New makes Documents without any registered ones.
func New(options Options) *Documents {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	d := &Documents{options: options, kept: newAutomatic(options.Store, options.Logger, options.Now), counts: newCounts()}
	d.list.Store(NewList())
	return d
}

// Register makes the documents of a list the registered ones, in place of those before.
func (d *Documents) Register(list *List) { d.list.Store(list) }

// Find returns the document that a client asked for. Keep is to be called with it once it proved valid.
func (d *Documents) Find(ctx context.Context, ask Ask) (Found, *Error) {
	hash, err := hashOf(ask.Extensions)
	if err != nil {
		return Found{}, err
	}
	id := ask.ID
	if id == "" {
		id = hash
	}
	if id == "" && ask.Text == "" {
		return Found{}, &Error{CodeBadRequest, "the parameter query is missing"}
	}
	if text, registered := d.list.Load().find(ask.Client, normalised(id)); id != "" && registered {
		return d.registered(ask, text)
	}
	if ask.Text == "" {
		return d.named(ctx, ask, hash)
	}
	return d.sent(ctx, ask, hash)
}

// Keep keeps a document that was found to be valid under the hash that it came with.
func (d *Documents) Keep(ctx context.Context, found Found) {
	if found.keep != "" {
		d.kept.keep(ctx, found.keep, found.Text)
	}
}

// registered is a document that was named by the id of a registered one.
func (d *Documents) registered(ask Ask, text string) (Found, *Error) {
	if ask.Text != "" && strings.TrimSpace(ask.Text) != strings.TrimSpace(text) {
		return Found{}, mismatch()
	}
	d.counts.add(outcomeRegistered)
	return Found{Text: text}, nil
}

// named is a document that was named, and is not registered.
func (d *Documents) named(ctx context.Context, ask Ask, hash string) (Found, *Error) {
	switch {
	case d.mode(ask.Client) == Enforce || hash == "":
		d.counts.add(outcomeUnknown)
		d.unregistered(ctx, ask, "")
		return Found{}, &Error{CodeIDNotInList, "no operation is registered under this id"}
	case !d.options.Automatic:
		return Found{}, &Error{CodeNotSupported, "PersistedQueryNotSupported"}
	}
	text, known := d.kept.find(ctx, hash)
	if !known {
		d.counts.add(outcomeUnknown)
		return Found{}, &Error{CodeNotFound, "PersistedQueryNotFound"}
	}
	d.counts.add(outcomeAutomatic)
	if err := d.allowed(ctx, ask, text); err != nil {
		return Found{}, err
	}
	return Found{Text: text}, nil
}

// sent is a document whose text was sent.
func (d *Documents) sent(ctx context.Context, ask Ask, hash string) (Found, *Error) {
	if hash != "" && Hash(ask.Text) != hash {
		return Found{}, mismatch()
	}
	if err := d.allowed(ctx, ask, ask.Text); err != nil {
		return Found{}, err
	}
	found := Found{Text: ask.Text}
	if d.options.Automatic && d.mode(ask.Client) != Enforce {
		found.keep = hash
	}
	return found, nil
}

// allowed applies the mode to a text that came without the id of a registered document.
func (d *Documents) allowed(ctx context.Context, ask Ask, text string) *Error {
	mode := d.mode(ask.Client)
	if mode == Off {
		return nil
	}
	held := d.list.Load().holds(ask.Client, text)
	if held && !d.options.IDsOnly {
		d.counts.add(outcomeRegistered)
		return nil
	}
	d.unregistered(ctx, ask, text)
	switch {
	case mode != Enforce:
		return nil
	case d.options.IDsOnly:
		return &Error{CodeIDRequired, "only registered operations are run, by their id"}
	}
	return &Error{CodeTextNotInList, "only registered operations are run, and this is none of them"}
}

// unregistered counts and logs, for as long as a mode looks at it.
func (d *Documents) unregistered(ctx context.Context, ask Ask, text string) {
	mode := d.mode(ask.Client)
	if mode == Off {
		return
	}
	name := text
	if text == "" {
		name = ask.ID + string(ask.Extensions)
	}
	hash := Hash(name)
	if d.counts.unregistered(ask.Client, hash) {
		d.options.Logger.WarnContext(ctx, "operation is not registered", "client", ask.Client,
			"operation", clipped(ask.Operation), "hash", hash, "mode", string(mode))
	}
}

func (d *Documents) mode(client string) Mode {
	if mode, named := d.options.Clients[client]; named {
		return mode
	}
	if d.options.Mode == "" {
		return Off
	}
	return d.options.Mode
}

func mismatch() *Error {
	return &Error{CodeHashMismatch, "the document is not the one that its hash or id names"}
}

// hashOf reads the hash of Apollo's protocol; "" where there is none.
func hashOf(extensions json.RawMessage) (string, *Error) {
	if extensions == nil {
		return "", nil
	}
	var holder struct {
		PersistedQuery *struct {
			Version    int    `json:"version"`
			Sha256Hash string `json:"sha256Hash"`
		} `json:"persistedQuery"`
	}
	if json.Unmarshal(extensions, &holder) != nil {
		return "", &Error{CodeBadRequest, "the extension persistedQuery must have a version and a sha256Hash"}
	}
	query := holder.PersistedQuery
	switch {
	case query == nil:
		return "", nil
	case query.Version != 1:
		return "", &Error{CodeBadRequest, fmt.Sprintf("version %d of persisted queries is not known: 1 is", query.Version)}
	case query.Sha256Hash == "" || len(query.Sha256Hash) > maxID:
		return "", &Error{CodeBadRequest, "the extension persistedQuery must have a sha256Hash"}
	}
	return normalised(query.Sha256Hash), nil
}

// maxID bounds ids that clients send.
const maxID = 256

// normalised takes the prefix off that GraphQL over HTTP puts before a hash.
func normalised(id string) string { return strings.TrimPrefix(id, "sha256:") }

func clipped(name string) string { return strings.ToValidUTF8(name[:min(len(name), 80)], "") }
