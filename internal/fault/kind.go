package fault

// Kind classifies a fault. The set is closed: a switch over it needs no other case than these seven.
type Kind string

// The kinds. The zero Kind is not one of them; [KindOf] reports [KindInternal] for it.
const (
	// KindInvalid: the request is malformed or breaks a rule; sending it again does not help.
	KindInvalid Kind = "invalid"
	// KindUnauthenticated: nobody, or nobody who could be verified, is asking.
	KindUnauthenticated Kind = "unauthenticated"
	// KindForbidden: the caller is known and may not do this.
	KindForbidden Kind = "forbidden"
	// KindNotFound: it does not exist, or the caller may not know that it does.
	KindNotFound Kind = "not_found"
	// KindConflict: the state has changed, or already is what the request would create.
	KindConflict Kind = "conflict"
	// KindUnavailable: a dependency does not answer; sending the request again later may help.
	KindUnavailable Kind = "unavailable"
	// KindInternal: everything else, and always masked.
	KindInternal Kind = "internal"
)

// Kinds lists every kind, from the most to the least specific to the client.
func Kinds() []Kind {
	return []Kind{
		KindInvalid, KindUnauthenticated, KindForbidden, KindNotFound, KindConflict, KindUnavailable, KindInternal,
	}
}

func (k Kind) known() bool {
	switch k {
	case KindInvalid, KindUnauthenticated, KindForbidden, KindNotFound, KindConflict, KindUnavailable, KindInternal:
		return true
	default:
		return false
	}
}
