package federation

import "github.com/vektah/gqlparser/v2/ast"

// Validate checks federation's rules of a single subgraph. Call it after Upgrade.
func (s *Schema) Validate() []*Error {
	v := &validator{Schema: s, errs: s.rootErrors}
	if err := s.misplacedProvides(); err != nil {
		return []*Error{err}
	}
	v.validateFieldSets()
	v.validateShareable()
	v.validateExternal()
	v.validateInterfaceKeys()
	v.validateInterfaceObjects()
	v.validateAuth()
	v.validateCost()
	v.validateContexts()
	return v.errs
}

type validator struct {
	*Schema
	errs []*Error
}

func (v *validator) fail(code Code, pos *ast.Position, format string, args ...any) {
	v.errs = append(v.errs, Errorf(code, v.Subgraph, pos, format, args...))
}

// eachField visits the fields of object and interface types.
func (s *Schema) eachFieldDefinition(visit func(t *Type, f *ast.FieldDefinition)) {
	for _, t := range s.UserTypes() {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			visit(t, f)
		}
	}
}
