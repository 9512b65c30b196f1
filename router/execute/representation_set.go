package execute

// representationSet numbers the representations of one entity field, equal ones alike.
type representationSet struct {
	numbering
	sent []sent // by number
}

// sent is a representation that has been sent: a flat one by the object that it was made of, any other by its place in
// the request's body.
type sent struct {
	rep        *representation
	at         uint32
	start, end int
}

func (s *representationSet) reset() {
	s.numbering.reset()
	clear(s.sent)
	s.sent = s.sent[:0]
}

// insert numbers a representation that is not there.
func (s *representationSet) insert(hash uint64, o sent) uint32 {
	s.sent = append(s.sent, o)
	return s.numbering.insert(hash)
}
