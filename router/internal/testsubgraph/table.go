package testsubgraph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Table is the data of all subgraphs of a test.
//
// A value is JSON, with these objects standing for something else:
//
//	{"$ref": "name"}                 the object of that name
//	{"$all": "Type"}                 all objects of that runtime type, in the order of their names
//	{"$find": "Type"}                the first of them whose fields equal the field's arguments, null when there is none
//	{"$by": "argument", "is": {…}}   the member named by the argument's value; "" when there is no such member
//	any object                       where a field's type is Query: the root of the subgraph
//	{"$argument": "name"}            what the argument has, null without a value
type Table struct {
	// Objects by name. Each has its runtime type as __typename.
	Objects map[string]Object

	// Roots are the fields of the root types, by type. The value of a subscription's field is the list of its events.
	Roots map[string]Object

	// Subgraphs are what subgraphs know differently: members of Objects and Roots replace those above, field by field.
	Subgraphs map[string]Override
}

// Override is what one subgraph knows differently.
type Override struct {
	Objects map[string]Object
	Roots   map[string]Object
}

// Object is a JSON object.
type Object map[string]any

// ReadTable reads a table from JSON. Numbers keep their digits.
func ReadTable(source []byte) (*Table, error) {
	d := json.NewDecoder(bytes.NewReader(source))
	d.UseNumber()
	var t Table
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("reading a table: %w", err)
	}
	return &t, nil
}

// object is the named object as a subgraph knows it.
func (t *Table) object(subgraph, name string) (Object, bool) {
	base, ok := t.Objects[name]
	return overlay(base, t.Subgraphs[subgraph].Objects[name]), ok
}

// root is a root type's object as a subgraph knows it.
func (t *Table) root(subgraph, typename string) Object {
	return overlay(t.Roots[typename], t.Subgraphs[subgraph].Roots[typename])
}

func overlay(base, over Object) Object {
	if len(over) == 0 {
		return base
	}
	out := Object{}
	for _, o := range []Object{base, over} {
		for k, v := range o {
			out[k] = v
		}
	}
	return out
}

// named are the names of the objects whose runtime types admits says are wanted, sorted.
func (t *Table) named(admits func(typename string) bool) []string {
	var names []string
	for name, o := range t.Objects {
		if typename, _ := o["__typename"].(string); admits(typename) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
