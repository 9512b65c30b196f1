package compose

func (m *merger) checkSatisfiability() {}
