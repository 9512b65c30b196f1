package failure

import (
	"errors"

	"devportal.internal/internal/fault"
)

// UserError is something to correct in the input of a mutation. It is bound to the type of that name in every schema.
type UserError struct {
	Code    string
	Message string
	Path    []string
}

// UserErrors sorts out what came of a mutation. Faults that the person who filled in the form can do something about
// (invalid, conflict, not found) become user errors; a fault without a path blames the input as a whole. If there is any
// other error it is returned instead, and becomes a GraphQL error. Joined errors are looked at one by one.
//
//	location, err := r.Catalog.Register(ctx, …)
//	problems, err := failure.UserErrors(err)
//	return &RegisterLocationPayload{Location: location, UserErrors: problems}, err
func UserErrors(err error) ([]*UserError, error) {
	problems := []*UserError{}
	for _, one := range split(err) {
		if !isCorrectable(one) {
			return problems, err
		}
		problems = append(problems, userError(one))
	}
	return problems, nil
}

func split(err error) []error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // only the outermost join is split
	if !ok || !errors.As(err, &known) {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, split(one)...)
	}
	return all
}

func isCorrectable(err error) bool {
	switch fault.KindOf(err) {
	case fault.KindInvalid, fault.KindConflict, fault.KindNotFound:
		return true
	default:
		return false
	}
}

func userError(err error) *UserError {
	kind := fault.KindOf(err)
	problem := &UserError{Code: fault.Code(err), Message: messageOf(err, kind), Path: fault.Path(err)}
	if problem.Code == "" {
		problem.Code = codeOf(kind)
	}
	if len(problem.Path) == 0 {
		problem.Path = []string{"input"}
	}
	return problem
}
