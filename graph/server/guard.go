package server

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"devportal.internal/graph/failure"
	"devportal.internal/graph/limit"
)

// guard checks a document before it is validated: some of the validator's rules take far more than linear time.
type guard struct {
	documents *documentCache
	opts      Options
}

// ExtensionName is gqlgen's name for it.
func (guard) ExtensionName() string { return "Guard" }

// Validate has nothing to ask of the schema.
func (guard) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses a document that is out of bounds. A cached one was checked before.
func (g guard) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	if _, known := g.documents.Get(ctx, params.Query); known {
		return nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: params.Query}, g.opts.TokenLimit)
	if err != nil {
		return parseError(err)
	}
	if err := limit.Check(doc, g.opts.Limits); err != nil {
		return failure.Present(ctx, g.opts.Logger, err)
	}
	return nil
}

func parseError(err error) *gqlerror.Error {
	var known *gqlerror.Error
	if !errors.As(err, &known) {
		known = &gqlerror.Error{Message: "the document cannot be parsed"}
	}
	return &gqlerror.Error{
		Message: known.Message, Locations: known.Locations,
		Extensions: map[string]any{"code": "GRAPHQL_PARSE_FAILED"},
	}
}

// MutateOperationContext lets the router read the schema, and nobody introspect it.
func (guard) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = !asksForServiceOnly(op.Operation)
	return nil
}

func asksForServiceOnly(operation *ast.OperationDefinition) bool {
	for _, selection := range operation.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok || field.Name != "_service" {
			return false
		}
	}
	return true
}

// boundErrors keeps an answer from consisting of errors.
func boundErrors(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if response != nil && len(response.Errors) > maxErrors {
		response.Errors = response.Errors[:maxErrors:maxErrors]
	}
	return response
}

// documentCache keeps validated documents, but not long ones: so its size is bounded in bytes too.
type documentCache struct {
	documents *lru.LRU[*ast.QueryDocument]
}

const maxCachedDocumentBytes = 16 << 10

func newDocumentCache() *documentCache {
	return &documentCache{documents: lru.New[*ast.QueryDocument](cachedDocuments)}
}

// Get looks a document up by its text.
func (c *documentCache) Get(ctx context.Context, text string) (*ast.QueryDocument, bool) {
	return c.documents.Get(ctx, text)
}

// Add keeps a document if it is short enough.
func (c *documentCache) Add(ctx context.Context, text string, doc *ast.QueryDocument) {
	if len(text) <= maxCachedDocumentBytes {
		c.documents.Add(ctx, text, doc)
	}
}
