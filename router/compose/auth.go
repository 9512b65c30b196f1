package compose

func (m *merger) mergeAccessControl() {}

func (m *merger) checkAccessControl() {}
