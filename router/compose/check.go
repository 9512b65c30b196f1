package compose

// checkMerged checks the rules that only the whole supergraph can tell.
func (m *merger) checkMerged() {}
