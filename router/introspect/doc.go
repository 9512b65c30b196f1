// Package introspect answers the fields __schema and __type from the API schema (GraphQL specification, section 4).
//
// A Schema writes JSON straight from the definitions: there is no model in between. Types and directives come in the order of
// their names, fields, arguments and values in that of the schema.
//
// Main invariant: what is answered is in the API schema, which has nothing that is @inaccessible; and an answer has a
// bounded size, however often the document asks for the same.
package introspect
