package federation

import "fmt"

// unknownFieldError is a selection of a field that the type does not have.
type unknownFieldError struct{ field, parent string }

func (e *unknownFieldError) Error() string {
	return fmt.Sprintf("Cannot query field %q on type %q", e.field, e.parent)
}

// fieldSetError makes an error whose text goes into a message as it is.
func fieldSetError(format string, args ...any) error { return fmt.Errorf(format, args...) }
