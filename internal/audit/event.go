package audit

import (
	"strings"
	"unicode/utf8"
)

// Kind is what sort of thing happened.
type Kind string

// The kinds.
const (
	// SignIn is a sign-in, a refused one, or a sign-out.
	SignIn Kind = "sign_in"
	// Credential is that a token or session was made, renewed or revoked.
	Credential Kind = "credential"
	// Mutation is that something was changed, or was to be, through the graph.
	Mutation Kind = "mutation"
	// Denied is that somebody asked for what they may not have.
	Denied Kind = "denied"
	// PolicyChange is that what roles may do, or who has them, was changed.
	PolicyChange Kind = "policy"
	// Erasure is that what the log knew of a person was erased.
	Erasure Kind = "erasure"
)

// Outcome is what came of it.
type Outcome string

// The outcomes.
const (
	// Done: it took place.
	Done Outcome = "done"
	// Refused: it was not allowed, or its input was not acceptable.
	Refused Outcome = "refused"
	// Failed: it was allowed and went wrong.
	Failed Outcome = "failed"
	// Unknown: it began, and the process ended before it could tell what came of it.
	Unknown Outcome = "unknown"
)

// Event is something to remember. Kind, Action and Outcome are required. No part of it may hold a secret.
type Event struct {
	Kind Kind
	// Action is what was done, such as "registerLocation" or "oidc".
	Action  string
	Outcome Outcome
	// Code is the stable code of why not, if it was not done.
	Code string

	// Actor is the ref of who did it, or the name that they gave; "" takes the principal of the context.
	Actor string
	// CredentialID names the credential that was used; "" takes that of the context's principal.
	CredentialID string
	// Address is where from; "" takes that of the context's principal.
	Address string
	// TraceID is "" for the trace of the context.
	TraceID string

	// Facts are what else is to be known.
	Facts []Fact
}

// Names of facts that the log itself writes.
const (
	FactActor      = "actor"
	FactCredential = "credential"
	FactAddress    = "address"
	// FactErased is how many facts an erasure erased.
	FactErased = "erased"
)

// Fact is a named text.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Person is the ref of whom it is about; such a fact is sealed, and goes when the person is erased. "" is nobody.
	Person string `json:"person,omitempty"`
	// Erased says that it is no longer known. It is never set by whoever records.
	Erased bool `json:"erased,omitempty"`
}

// About gives a fact whose value is a ref; it is about the person if it is the ref of a user.
func About(name, ref string) Fact {
	fact := Fact{Name: name, Value: ref}
	if strings.HasPrefix(strings.ToLower(ref), "user:") {
		fact.Person = strings.ToLower(ref)
	}
	return fact
}

// Bounds of an event. What is longer is cut; what is more is left out.
const (
	maxFacts = 64
	maxValue = 4 << 10
	maxName  = 256
)

// bounded gives the event as the log keeps it: within bounds, and in texts that PostgreSQL stores.
func (e Event) bounded() Event {
	e.Action, e.Code, e.TraceID = cut(e.Action, maxName), cut(e.Code, maxName), cut(e.TraceID, maxName)
	facts := make([]Fact, 0, len(e.Facts)+3)
	person := strings.ToLower(e.Actor)
	for _, f := range []Fact{{Name: FactActor, Value: e.Actor}, {Name: FactCredential, Value: e.CredentialID}, {Name: FactAddress, Value: e.Address}} {
		if f.Value != "" {
			// Where nobody is known, the address still is somebody's: it is sealed under itself.
			f.Person = person
			if person == "" {
				f.Person = f.Value
			}
			facts = append(facts, f)
		}
	}
	facts = append(facts, e.Facts[:min(len(e.Facts), maxFacts)]...)
	for i, f := range facts {
		facts[i] = Fact{Name: cut(f.Name, maxName), Value: cut(f.Value, maxValue), Person: cut(f.Person, maxName)}
	}
	e.Facts = facts
	return e
}

func cut(text string, bytes int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
