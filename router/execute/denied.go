package execute

import (
	"encoding/json"

	"devportal.internal/router/operation"
)

// denial is the error of a field that whoever asks may not have.
type denial struct {
	message    string
	extensions []byte
	object     bool
}

func newDenial(d *operation.Denial) *denial {
	extensions, err := json.Marshal(map[string]string{"code": d.Code})
	if err != nil {
		panic("encoding a map of strings: " + err.Error())
	}
	return &denial{message: d.Message, extensions: extensions, object: d.Object}
}

// deny answers a field that may not be had: with an error at its path, or at that of its object, and null, which
// propagates as any other does.
func (c *completer) deny(f *field) bool {
	if !f.denied.object {
		c.path = append(c.path, PathElement{Key: f.responseKey})
		defer func() { c.path = c.path[:len(c.path)-1] }()
	}
	c.report(Error{Message: f.denied.message, Extensions: f.denied.extensions})
	if f.denied.object || f.typ.nonNull {
		return false
	}
	c.out = append(c.out, "null"...)
	return true
}
