package access

import (
	"slices"
	"strconv"
	"strings"

	"devportal.internal/router/operation"
)

// Rights are the demands that a caller meets. They are of one Rules' numbering, and immutable.
type Rights struct{ met set }

// Caller is what of a caller decides on rights, beside policies.
type Caller struct {
	// SignedIn says that it is known who is asking.
	SignedIn bool

	// Scopes are those of the caller's credential.
	Scopes []string
}

// Rights are a caller's rights. granted says which policies the caller has; it is asked about those of Policies.
func (r *Rules) Rights(caller Caller, granted func(policy string) bool) Rights {
	var met set
	for number, d := range r.demands {
		if r.met(d, caller, granted) {
			met = met.Or(single(number))
		}
	}
	return Rights{met}
}

func (r *Rules) met(d demand, caller Caller, granted func(string) bool) bool {
	switch d.kind {
	case scopes:
		return d.met(func(name string) bool { return slices.Contains(caller.Scopes, name) })
	case policies:
		return d.met(granted)
	}
	return caller.SignedIn
}

// AreAll reports whether every demand is met: everything may be had.
func (r *Rules) AreAll(rights Rights) bool { return rights.met.Len() == len(r.demands) }

// Key is equal for equal rights, and short.
func (r Rights) Key() string { return keyOf(r.met) }

// KeyFor is equal for rights that agree on the demands that were touched.
func (r Rights) KeyFor(touched Touched) string {
	if touched.set.Empty() {
		return ""
	}
	return keyOf(r.met.And(touched.set.Or(single(0))))
}

// keyOf writes a set so that equal ones have one text.
func keyOf(s set) string {
	var out strings.Builder
	for number := range s.All() {
		out.WriteString(strconv.FormatInt(int64(number), 36))
		out.WriteByte(',')
	}
	return out.String()
}

// Denial is the error of what these rights do not allow: its code is UNAUTHENTICATED where nobody is signed in.
func (r Rights) Denial() operation.Denial {
	if !r.met.Has(0) {
		return operation.Denial{Code: CodeUnauthenticated, Message: "Sign in to have this."}
	}
	return operation.Denial{Code: CodeForbidden, Message: "You may not have this."}
}

func (r Rights) meet(needed set) bool { return needed.SubsetOf(r.met) }
