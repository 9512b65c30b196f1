package streams

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"devportal.internal/router/eventsource"
)

// Source reads streams of Redis 7.0 or later, which counts what it has added. The cursor is the entry's id, the message the entry's field "data".
type Source struct {
	// client asks for pages, waiting has one connection for each stream that somebody goes through.
	client  *redis.Client
	waiting *redis.Client

	mu      sync.Mutex
	readers map[string]*reader
}

const (
	redisTimeout = 2 * time.Second
	redisPool    = 16
	maxStreams   = 1_000
	pageSize     = 16
	dataField    = "data"
)

// Open makes a Source at a URL (redis://, rediss:// or unix://). It does not connect yet. Its error does not show the
// URL, which may hold a password.
func Open(url string) (*Source, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("the Redis URL must be redis://, rediss:// or unix://")
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = redisTimeout, redisTimeout, redisTimeout
	options.PoolTimeout = redisTimeout
	options.MaxRetries = -1
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	options.PoolSize, options.MaxActiveConns = redisPool, redisPool
	waiting := *options
	waiting.PoolSize, waiting.MaxActiveConns = maxStreams, maxStreams
	return &Source{client: redis.NewClient(options), waiting: redis.NewClient(&waiting), readers: map[string]*reader{}}, nil
}

// Close ends the connections, once all streams are closed.
func (r *Source) Close() error {
	if err := errors.Join(r.client.Close(), r.waiting.Close()); err != nil {
		return fmt.Errorf("closing the connections to Redis: %w", err)
	}
	return nil
}

// Last implements eventsource.Source.
func (r *Source) Last(ctx context.Context, stream string) (string, error) {
	info, err := streamInfo(r.client.XInfoStream(ctx, stream))
	return info.last.String(), err
}

// Open implements eventsource.Source.
func (r *Source) Open(_ context.Context, stream, cursor string) (eventsource.Stream, error) {
	after, ok := parseEntryID(cursor)
	if !ok {
		return nil, eventsource.ErrCursor
	}
	joined := r.join(stream)
	if joined == nil {
		return nil, eventsource.ErrTooMany
	}
	return &redisStream{source: r, name: stream, after: after, reader: joined}, nil
}

// join returns the reader of a stream, and starts it for the first who asks; nil where there are too many.
func (r *Source) join(stream string) *reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.readers[stream]
	if found == nil {
		if len(r.readers) >= maxStreams {
			return nil
		}
		ctx, cancel := context.WithCancel(context.Background())
		found = &reader{client: r.waiting, stream: stream, cancel: cancel, ended: make(chan struct{}), woken: make(chan struct{})}
		r.readers[stream] = found
		go found.run(ctx)
	}
	found.users++
	return found
}

// leave ends the reader of a stream with the last who has joined it, and waits for it.
func (r *Source) leave(of *reader) {
	r.mu.Lock()
	of.users--
	last := of.users == 0
	if last {
		delete(r.readers, of.stream)
		of.cancel()
	}
	r.mu.Unlock()
	if last {
		<-of.ended
	}
}

// redisStream goes through a stream page by page, and waits at its end until the reader wakes it.
type redisStream struct {
	source *Source
	reader *reader
	name   string
	after  entryID
	page   []redis.XMessage
}

// Next implements eventsource.Stream. While Redis is away for a moment it waits.
func (s *redisStream) Next(ctx context.Context) (eventsource.Message, error) {
	for len(s.page) == 0 {
		woken, away := s.reader.state()
		err := s.read(ctx)
		switch {
		case errors.Is(err, eventsource.ErrAway) && away:
			return eventsource.Message{}, err
		case err != nil && !errors.Is(err, eventsource.ErrAway):
			return eventsource.Message{}, err
		case len(s.page) > 0:
			continue
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return eventsource.Message{}, ctx.Err()
		}
	}
	entry := s.page[0]
	s.page = s.page[1:]
	s.after, _ = parseEntryID(entry.ID)
	message := eventsource.Message{Cursor: entry.ID}
	if data, ok := entry.Values[dataField].(string); ok {
		message.Body = []byte(data)
	}
	return message, nil
}

// read reads the next page, with proof that it follows what was read before.
func (s *redisStream) read(ctx context.Context) error {
	var described *redis.XInfoStreamCmd
	var page *redis.XMessageSliceCmd
	_, _ = s.source.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error { // each command has its error
		described = pipe.XInfoStream(ctx, s.name)
		page = pipe.XRangeN(ctx, s.name, "("+s.after.String(), "+", pageSize)
		return nil
	})
	info, err := streamInfo(described)
	if err != nil {
		return err
	}
	if info.lost(s.after) {
		return eventsource.ErrExpired
	}
	if s.page, err = page.Result(); err != nil {
		return away(err)
	}
	return nil
}

// Close implements eventsource.Stream.
func (s *redisStream) Close() error {
	s.source.leave(s.reader)
	return nil
}

// info is what a stream says of itself; the zero one is that of a stream that is not there.
type info struct {
	first, last entryID
	empty       bool

	// whole says that nothing was ever taken away.
	whole bool
}

func streamInfo(cmd *redis.XInfoStreamCmd) (info, error) {
	found, err := cmd.Result()
	if err != nil && strings.Contains(err.Error(), "no such key") {
		return info{empty: true, whole: true}, nil
	}
	if err != nil {
		return info{}, away(err)
	}
	i := info{empty: found.Length == 0, whole: found.EntriesAdded > 0 && found.EntriesAdded == found.Length}
	i.last, _ = parseEntryID(found.LastGeneratedID)
	i.first, _ = parseEntryID(found.FirstEntry.ID)
	return i, nil
}

// lost says that an entry after an id may be gone: it is older than the first one that is kept, or newer than the stream,
// which then is another one by that name.
func (i info) lost(after entryID) bool {
	switch {
	case i.last.less(after):
		return true
	case i.whole:
		return false
	case i.empty:
		return after.less(i.last)
	}
	return after.less(i.first)
}

// away says of an exchange that did not succeed that it may later, and nothing of the address.
func away(err error) error {
	var said redis.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &said):
		return fmt.Errorf("%w: Redis refused: %s", eventsource.ErrAway, strings.SplitN(said.Error(), " ", 2)[0])
	}
	return fmt.Errorf("%w: no answer from Redis", eventsource.ErrAway)
}

// entryID is the id of an entry: milliseconds and a number.
type entryID struct{ time, number uint64 }

// String is the id as Redis writes it.
func (e entryID) String() string {
	return strconv.FormatUint(e.time, 10) + "-" + strconv.FormatUint(e.number, 10)
}

func (e entryID) less(than entryID) bool {
	return e.time < than.time || e.time == than.time && e.number < than.number
}

func parseEntryID(text string) (entryID, bool) {
	before, after, found := strings.Cut(text, "-")
	first, err := strconv.ParseUint(before, 10, 64)
	second, err2 := strconv.ParseUint(after, 10, 64)
	return entryID{first, second}, found && err == nil && err2 == nil
}
