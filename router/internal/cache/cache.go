package cache

import (
	"container/list"
	"sync"
)

// Cache keeps the values that were used last, within a number and a weight. It is safe for concurrent use.
type Cache[V any] struct {
	entries int
	weight  int

	mu    sync.Mutex
	held  int
	order *list.List
	items map[string]*list.Element
}

type entry[V any] struct {
	key    string
	value  V
	weight int
}

// New makes a Cache of at most so many entries, which together weigh no more than weight.
func New[V any](entries, weight int) *Cache[V] {
	return &Cache[V]{entries: entries, weight: weight, order: list.New(), items: map[string]*list.Element{}}
}

// Find returns the value that is kept for a key.
func (c *Cache[V]) Find(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, known := c.items[key]
	if !known {
		var none V
		return none, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*entry[V]).value, true
}

// Keep adds a value, unless there is one for the key or it alone weighs more than all may.
func (c *Cache[V]) Keep(key string, value V, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if weight > c.weight || c.items[key] != nil {
		return
	}
	c.items[key] = c.order.PushFront(&entry[V]{key, value, weight})
	c.held += weight
	for c.order.Len() > c.entries || c.held > c.weight {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		dropped := oldest.Value.(*entry[V])
		delete(c.items, dropped.key)
		c.held -= dropped.weight
	}
}
