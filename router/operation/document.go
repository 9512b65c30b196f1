package operation

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"devportal.internal/router/supergraph"
)

// Document is a parsed document that is valid against the API schema. It is safe for concurrent use.
type Document struct {
	// Query is the document as parsed and annotated by validation. It must not be changed.
	Query *ast.QueryDocument

	schema     *supergraph.Schema
	operations map[string]*Operation
}

// Operation is one operation of a Document.
type Operation struct {
	Name       string
	Kind       ast.Operation
	Definition *ast.OperationDefinition

	// Conditions are the names of the variables that shape the plan, sorted.
	Conditions []string

	document *Document
}

// Options bounds what Parse accepts. Zero fields have the defaults named.
type Options struct {
	// Tokens is the number of lexical tokens (15,000).
	Tokens int

	// Limits bounds the document once its fragments are expanded.
	Limits Limits

	// Errors is the number of errors that are reported (5).
	Errors int

	// Rules are checked after the specification's; see Rule.
	Rules []Rule
}

func (o Options) withDefaults() Options {
	if o.Tokens == 0 {
		o.Tokens = 15000
	}
	if o.Errors == 0 {
		o.Errors = 5
	}
	return o
}

// Parse parses and validates a document. An error is a gqlerror.List with positions; the code of a syntax error is
// GRAPHQL_PARSE_FAILED, that of a limit OPERATION_TOO_COMPLEX, that of every other
// GRAPHQL_VALIDATION_FAILED.
func Parse(schema *supergraph.Schema, text string, options Options) (*Document, error) {
	query, err := parseValid(schema.API, text, options.withDefaults())
	if err != nil {
		return nil, err
	}
	doc := &Document{Query: query, schema: schema, operations: map[string]*Operation{}}
	for _, def := range query.Operations {
		doc.operations[def.Name] = newOperation(doc, def)
	}
	return doc, nil
}

// Check returns the error that Parse would return if a schema were the API schema.
func Check(api *ast.Schema, text string, options Options) error {
	_, err := parseValid(api, text, options.withDefaults())
	return err
}

func parseValid(api *ast.Schema, text string, options Options) (*ast.QueryDocument, error) {
	query, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, options.Tokens)
	if err != nil {
		return nil, coded(gqlerror.List{gqlerror.WrapIfUnwrapped(err)}, CodeParseFailed)
	}
	if errs := options.Limits.check(query); len(errs) > 0 {
		return nil, errs
	}
	if errs := validate(api, query, options); len(errs) > 0 {
		return nil, coded(errs, CodeValidationFailed)
	}
	return query, nil
}

// Operation is the operation of that name; "" is the only one of the document (GraphQL specification, section 6.1,
// GetOperation).
func (d *Document) Operation(name string) (*Operation, error) {
	if name == "" {
		if len(d.Query.Operations) == 1 {
			return d.operations[d.Query.Operations[0].Name], nil
		}
		return nil, requestError(CodeOperationResolution,
			"the document has %d operations: name the one to run", len(d.Query.Operations))
	}
	if op := d.operations[name]; op != nil {
		return op, nil
	}
	return nil, requestError(CodeOperationResolution, "the document has no operation named %q", name)
}

// The codes of the errors of this package, in extensions.code.
const (
	CodeParseFailed         = "GRAPHQL_PARSE_FAILED"
	CodeValidationFailed    = "GRAPHQL_VALIDATION_FAILED"
	CodeOperationResolution = "OPERATION_RESOLUTION_FAILURE"
	CodeBadVariables        = "BAD_USER_INPUT"
	CodeTooComplex          = "OPERATION_TOO_COMPLEX"
)

func requestError(code, format string, arguments ...any) error {
	return coded(gqlerror.List{{Message: fmt.Sprintf(format, arguments...)}}, code)
}

func coded(errs gqlerror.List, code string) gqlerror.List {
	for _, err := range errs {
		if err.Extensions == nil {
			err.Extensions = map[string]any{}
		}
		if err.Extensions["code"] == nil {
			err.Extensions["code"] = code
		}
	}
	return errs
}
