package events

// matcher is a filter that was prepared to be asked often.
type matcher struct {
	keys, types map[string]struct{}
}

func newMatcher(f Filter) matcher { return matcher{keys: setOf(f.Keys), types: setOf(f.Types)} }

func (m matcher) matches(e *Event) bool { return within(m.keys, e.Key) && within(m.types, e.Type) }

// within reports whether the value is in the set; everything is in the nil set.
func within(set map[string]struct{}, value string) bool {
	if set == nil {
		return true
	}
	_, ok := set[value]
	return ok
}

func setOf(values []string) map[string]struct{} {
	if len(values) == 0 {
		return nil
	}
	set := make(map[string]struct{}, len(values))
	for _, v := range values {
		set[v] = struct{}{}
	}
	return set
}
