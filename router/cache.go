package router

import (
	"container/list"
	"sync"
)

// cache keeps the values that were used last, within a number and a weight. It is safe for concurrent use.
type cache[V any] struct {
	entries int
	weight  int

	mu    sync.Mutex
	held  int
	order *list.List
	items map[string]*list.Element
}

type cached[V any] struct {
	key    string
	value  V
	weight int
}

func newCache[V any](entries, weight int) *cache[V] {
	return &cache[V]{entries: entries, weight: weight, order: list.New(), items: map[string]*list.Element{}}
}

func (c *cache[V]) find(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, known := c.items[key]
	if !known {
		var none V
		return none, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*cached[V]).value, true
}

// keep adds a value, unless it alone weighs more than all may.
func (c *cache[V]) keep(key string, value V, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if weight > c.weight || c.items[key] != nil {
		return
	}
	c.items[key] = c.order.PushFront(&cached[V]{key, value, weight})
	c.held += weight
	for c.order.Len() > c.entries || c.held > c.weight {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		dropped := oldest.Value.(*cached[V])
		delete(c.items, dropped.key)
		c.held -= dropped.weight
	}
}
