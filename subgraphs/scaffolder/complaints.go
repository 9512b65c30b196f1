package scaffolder

import (
	"errors"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"devportal.internal/internal/fault"
)

// The codes of what is wrong with a field that was filled in.
const (
	CodeFieldRequired   = "FIELD_REQUIRED"
	CodeFieldType       = "FIELD_TYPE"
	CodeFieldNotAllowed = "FIELD_NOT_ALLOWED"
	CodeFieldInvalid    = "FIELD_INVALID"
)

// maxComplaints bounds what is said about one input.
const maxComplaints = 100

// complaints turns what the schema's validator says into faults for the person who filled in the form.
type complaints struct {
	field string // "parameters" or "secrets"
	found []error
}

func (c *complaints) of(invalid *jsonschema.ValidationError) error {
	c.collect(invalid)
	return errors.Join(c.found...)
}

// collect follows causes down to what is really wrong. Of alternatives it follows the one that the input means.
func (c *complaints) collect(invalid *jsonschema.ValidationError) {
	if len(c.found) >= maxComplaints {
		return
	}
	if len(invalid.Causes) == 0 {
		c.add(invalid)
		return
	}
	switch invalid.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		c.collect(meant(invalid.Causes))
	default:
		for _, cause := range invalid.Causes {
			c.collect(cause)
		}
	}
}

// meant is the alternative that fails for another reason than the value which tells the alternatives apart.
func meant(alternatives []*jsonschema.ValidationError) *jsonschema.ValidationError {
	for _, alternative := range alternatives {
		if !failsByChoice(alternative) {
			return alternative
		}
	}
	return alternatives[0]
}

func failsByChoice(invalid *jsonschema.ValidationError) bool {
	switch invalid.ErrorKind.(type) {
	case *kind.Enum, *kind.Const:
		return true
	}
	return slices.ContainsFunc(invalid.Causes, failsByChoice)
}

func (c *complaints) add(invalid *jsonschema.ValidationError) {
	path := append([]string{"input", c.field}, invalid.InstanceLocation...)
	switch reason := invalid.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range reason.Missing {
			c.say(CodeFieldRequired, append(slices.Clone(path), name), "this must be filled in")
		}
	case *kind.AdditionalProperties:
		for _, name := range reason.Properties {
			c.say(CodeFieldNotAllowed, append(slices.Clone(path), name), "the template does not ask for this")
		}
	case *kind.Type:
		c.say(CodeFieldType, path, c.explain(invalid))
	default:
		c.say(CodeFieldInvalid, path, c.explain(invalid))
	}
}

// explain uses the validator's words; those about a secret could repeat it.
func (c *complaints) explain(invalid *jsonschema.ValidationError) string {
	if c.field == "secrets" {
		return "this does not fit the schema of the template's secrets"
	}
	return invalid.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

func (c *complaints) say(code string, path []string, text string) {
	c.found = append(c.found, fault.Invalid("scaffolder.CheckParameters", "%s", text).WithCode(code).At(path...))
}
