package compose

func (m *merger) applyContract(_ Options) {}
