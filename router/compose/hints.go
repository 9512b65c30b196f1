package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// noteUpgrades tells of federation 1 subgraphs beside federation 2 ones.
func (m *merger) noteUpgrades() {}

// hintPresence tells of fields that only some of the subgraphs with a value type or interface have.
func (fm *fieldMerge) hintPresence() {}

// hintEntity tells of types that are entities in only some subgraphs.
func (m *merger) hintEntity(_ *ast.Definition, _ []*federation.Type) {}
