package budget

import "sync"

// generation is how many callers are counted before the oldest of them are forgotten. Forgetting fills a bucket.
const generation = 50_000

// memory counts in this process, in two generations of callers: the older one is forgotten when the younger is full.
type memory struct {
	mu             sync.Mutex
	younger, older map[string]int64
}

func newMemory() *memory { return &memory{younger: map[string]int64{}} }

// advance is Counter.Advance.
func (m *memory) advance(key string, floor, by int64) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, known := m.younger[key]
	if !known {
		at = m.older[key]
		if len(m.younger) >= generation {
			m.younger, m.older = map[string]int64{}, m.younger
		}
	}
	at = max(at, floor) + by
	m.younger[key] = at
	return at
}
