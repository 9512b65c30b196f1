package tooltoken

import (
	"regexp"
	"time"
	"unicode/utf8"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// Account is a service account: somebody who is no person, and has only tokens.
type Account struct {
	// Ref is service:default/<name>.
	Ref         string
	Description string
	// Roles are the refs of its roles.
	Roles     []string
	CreatedBy string
	Created   time.Time
}

var accountName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const (
	maxRoles       = 20
	maxDescription = 500
)

// NewAccount makes an account of these. Problems are faults whose paths name the fields name, description and roles.
func NewAccount(name, description string, roles []string, createdBy string, now time.Time) (Account, error) {
	const op = "tooltoken.NewAccount"
	if !accountName.MatchString(name) {
		return Account{}, fault.Invalid(op, "a name has lower-case letters, digits and dashes, 63 at the most").
			WithCode(CodeAccount).At("input", "name")
	}
	if utf8.RuneCountInString(description) > maxDescription {
		return Account{}, fault.Invalid(op, "a description has at most %d characters", maxDescription).
			WithCode(CodeAccount).At("input", "description")
	}
	if len(roles) > maxRoles {
		return Account{}, fault.Invalid(op, "an account has at most %d roles", maxRoles).WithCode(CodeAccount).At("input", "roles")
	}
	ref := ServicePrefix + name
	return Account{
		Ref: ref, Description: description, Roles: auth.NewPrincipal(auth.Principal{Subject: ref, Roles: roles}).Roles,
		CreatedBy: createdBy, Created: now,
	}, nil
}

// ServicePrefix begins the ref of every service account.
const ServicePrefix = "service:default/"
