package relay

import (
	"context"
	"slices"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// Sizes of a page.
const (
	DefaultPageSize = 20
	MaxPageSize     = 100
)

// CodeInvalidPage is the code of the fault that impossible page arguments cause.
const CodeInvalidPage = "INVALID_PAGE"

// Args are the arguments of a connection as a client sends them.
type Args struct {
	First  *int32
	After  *string
	Last   *int32
	Before *string
}

// Between is short for the arguments in the order of the schema.
func Between(first *int32, after *string, last *int32, before *string) Args {
	return Args{First: first, After: after, Last: last, Before: before}
}

// Page says which part of a list to read.
type Page struct {
	// List is the name that the list's cursors carry.
	List string
	// Limit is how many items the page has at most.
	Limit int
	// Backward says that the page is the end of the list: read from there; [NewConnection] turns it round.
	Backward bool
	// After and Before are sort keys that bound the list, exclusive; nil for no bound.
	After, Before []string
}

// Fetch is how many items to read: one more than the page has.
func (p Page) Fetch() int { return p.Limit + 1 }

// Keyset is the page as a store reads it. Parse turns a sort key into the values of the store's columns: its error is for
// whoever made such a cursor.
func (p Page) Keyset(parse func(key []string) ([]any, error)) (entityindex.Keyset, error) {
	part := entityindex.Keyset{Backward: p.Backward, Limit: p.Fetch()}
	var err error
	if p.After != nil {
		if part.After, err = parse(p.After); err != nil {
			return part, err
		}
	}
	if p.Before != nil {
		part.Before, err = parse(p.Before)
	}
	return part, err
}

// Texts are the parts of a sort key whose columns are text.
func Texts(key []string) ([]any, error) {
	values := make([]any, len(key))
	for i, part := range key {
		values[i] = part
	}
	return values, nil
}

// InvalidCursor is the fault of a cursor whose parts no item of the list has.
func InvalidCursor() error {
	return fault.Invalid("relay.Cursor", "this is not a cursor of this list: leave it out to start from the front").
		WithCode(CodeInvalidCursor)
}

// Page checks the arguments for the list of that name, whose sort key has so many parts.
func (a Args) Page(list string, parts int) (Page, error) {
	page := Page{List: list, Limit: DefaultPageSize, Backward: a.Last != nil && a.First == nil}
	if a.First != nil && a.Last != nil {
		return Page{}, invalidPage("give `first` or `last`, not both")
	}
	if size := firstOf(a.First, a.Last); size != nil {
		if *size < 0 || *size > MaxPageSize {
			return Page{}, invalidPage("a page has between 0 and %d items, not %d", MaxPageSize, *size)
		}
		page.Limit = int(*size)
	}
	var err error
	if page.After, err = bound(list, parts, a.After); err != nil {
		return Page{}, err
	}
	page.Before, err = bound(list, parts, a.Before)
	return page, err
}

func bound(list string, parts int, cursor *string) ([]string, error) {
	if cursor == nil || *cursor == "" {
		return nil, nil
	}
	return DecodeCursor(list, parts, *cursor)
}

func firstOf(sizes ...*int32) *int32 {
	for _, size := range sizes {
		if size != nil {
			return size
		}
	}
	return nil
}

func invalidPage(format string, args ...any) error {
	return fault.Invalid("relay.Page", format, args...).WithCode(CodeInvalidPage)
}

// PageInfo says where a page lies in its list. It is bound to the type of that name in every schema.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// cut makes a page of what was read for it.
func cut[T any](p Page, read []T, key func(T) []string) ([]T, PageInfo) {
	more := len(read) > p.Limit
	items := slices.Clone(read[:min(len(read), p.Limit)])
	info := PageInfo{HasNextPage: more, HasPreviousPage: p.After != nil}
	if p.Backward {
		slices.Reverse(items)
		info = PageInfo{HasNextPage: p.Before != nil, HasPreviousPage: more}
	}
	if len(items) > 0 {
		start, end := EncodeCursor(p.List, key(items[0])...), EncodeCursor(p.List, key(items[len(items)-1])...)
		info.StartCursor, info.EndCursor = &start, &end
	}
	return items, info
}

// Connection is a page as the graph shows it. Embed it in the Go type of each connection.
type Connection[T any] struct {
	Nodes    []T
	PageInfo PageInfo
	// Count counts the whole list; it runs only if a client asks for totalCount.
	Count func(ctx context.Context) (int, error)

	// cursor is that of the node at a position.
	cursor func(at int) string
}

// NewConnection makes a page of what was read for it: up to [Page.Fetch] items, in the order of the list, or from its
// back when the page is. The key gives the parts of an item's sort key.
func NewConnection[T any](
	p Page, read []T, key func(T) []string, count func(ctx context.Context) (int, error),
) Connection[T] {
	nodes, info := cut(p, read, key)
	cursor := func(at int) string { return EncodeCursor(p.List, key(nodes[at])...) }
	return Connection[T]{Nodes: nodes, PageInfo: info, Count: count, cursor: cursor}
}

// Shown is the page with its nodes in another shape, one for one.
func Shown[T, V any](c Connection[T], nodes []V) Connection[V] {
	return Connection[V]{Nodes: nodes, PageInfo: c.PageInfo, Count: c.Count, cursor: c.cursor}
}

// Counted is the page that counts its list without asking where it is the whole of it.
func (c Connection[T]) Counted(p Page) Connection[T] {
	if p.After == nil && p.Before == nil && !c.PageInfo.HasNextPage && !c.PageInfo.HasPreviousPage && p.Limit > 0 {
		c.Count = func(context.Context) (int, error) { return len(c.Nodes), nil }
	}
	return c
}

// Edge is an item on a page, and its cursor. The Go type of each edge of the schema is defined as one.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Edges are the items on a page, each with its cursor.
func Edges[E ~struct {
	Cursor string
	Node   T
}, T any](c Connection[T]) []*E {
	edges := make([]*E, len(c.Nodes))
	for at, node := range c.Nodes {
		edge := E(Edge[T]{Cursor: c.cursor(at), Node: node})
		edges[at] = &edge
	}
	return edges
}

// TotalCount is how many items the whole list has.
func (c Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.Count(ctx) }

// Slice pages through a list that is in memory already, in the order that it is in; the position is the key.
func Slice[T any](all []T, key func(T) []string, page Page) Connection[T] {
	from, to := 0, len(all)
	if page.After != nil {
		from = 1 + slices.IndexFunc(all, func(item T) bool { return slices.Equal(key(item), page.After) })
	}
	if at := slices.IndexFunc(all, func(item T) bool { return page.Before != nil && slices.Equal(key(item), page.Before) }); at >= 0 {
		to = at
	}
	part := slices.Clone(all[min(from, to):to])
	if page.Backward {
		slices.Reverse(part)
	}
	count := func(context.Context) (int, error) { return len(all), nil }
	return NewConnection(page, part[:min(len(part), page.Fetch())], key, count)
}
