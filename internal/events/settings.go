package events

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// What counts where [Settings] say nothing.
const (
	defaultRetainCount = 100_000
	defaultRetainAge   = 7 * 24 * time.Hour
	defaultQueueBytes  = 1 << 20
	defaultPoll        = 500 * time.Millisecond
	defaultSweep       = time.Minute
	defaultAbsence     = 7 * 24 * time.Hour
)

// Retention says how much of a topic is kept. An event goes when it is beyond either bound. The latest event of each
// key is kept for ever besides, unless it is a removal; and nothing goes that a living [Consumer] has not seen.
type Retention struct {
	// Count is how many of the latest events are kept; 0 means 100,000.
	Count int64
	// Age is for how long events are kept; 0 means seven days.
	Age time.Duration
}

// Settings say how a log works. The zero value works, without Redis.
type Settings struct {
	// Redis carries live events; nil means that readers ask PostgreSQL.
	Redis redis.UniversalClient
	// Logger is told what goes wrong and is tried again; nil means nobody is.
	Logger *slog.Logger
	// Retention is for topics that Topics does not name.
	Retention Retention
	// Topics are the retentions of single topics.
	Topics map[string]Retention
	// QueueBytes bounds what may wait for one subscriber, in bytes; 0 means 1 MiB.
	QueueBytes int
	// Poll is how often PostgreSQL is asked where nothing else wakes; 0 means half a second.
	Poll time.Duration
	// Sweep is how often retention is applied; 0 means a minute.
	Sweep time.Duration
	// Absence is after how long without a sign of life a consumer no longer holds up retention; 0 means seven days.
	Absence time.Duration
}

func (s Settings) withDefaults() Settings {
	s.QueueBytes = cmp.Or(s.QueueBytes, defaultQueueBytes)
	s.Poll = cmp.Or(s.Poll, defaultPoll)
	s.Sweep = cmp.Or(s.Sweep, defaultSweep)
	s.Absence = cmp.Or(s.Absence, defaultAbsence)
	s.Retention = s.Retention.withDefaults()
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	return s
}

func (r Retention) withDefaults() Retention {
	return Retention{Count: cmp.Or(r.Count, defaultRetainCount), Age: cmp.Or(r.Age, defaultRetainAge)}
}

// retentionOf gives the retention of a topic.
func (s Settings) retentionOf(topic string) Retention {
	if r, ok := s.Topics[topic]; ok {
		return r.withDefaults()
	}
	return s.Retention
}
