package operation

import (
	"slices"
	"strings"
)

// Variables are the coerced values of an operation's variables, as JSON. A variable without a value is absent.
// They are immutable.
type Variables struct {
	names  []string
	values [][]byte
}

// JSON is the value of a variable and whether it has one. The bytes must not be changed.
func (v *Variables) JSON(name string) ([]byte, bool) {
	if v == nil {
		return nil, false
	}
	i, ok := slices.BinarySearch(v.names, name)
	if !ok {
		return nil, false
	}
	return v.values[i], true
}

// Bool is the value of a Boolean variable; false when it is null or absent.
func (v *Variables) Bool(name string) bool {
	value, ok := v.JSON(name)
	return ok && string(value) == "true"
}

// Names are the variables that have values, sorted.
func (v *Variables) Names() []string {
	if v == nil {
		return nil
	}
	return v.names
}

// PlanKey tells operations of one document apart that are planned differently: the name and the values of Conditions.
func (o *Operation) PlanKey(variables *Variables) string {
	var key strings.Builder
	key.WriteString(o.Name)
	for _, name := range o.Conditions {
		value, _ := variables.JSON(name)
		key.WriteByte(0)
		key.Write(value)
	}
	return key.String()
}
