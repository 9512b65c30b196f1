package jsontext_test

import (
	"encoding/json"
	"testing"

	"devportal.internal/router/internal/jsontext"
)

// FuzzSkip compares what is skipped as valid with the standard library.
func FuzzSkip(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"x\u00e9\n\\\""],"b":{}}`, `[`, `"`, `"\ud800"`, `01`, `-`, `1.`, `1e`, `"\x"`, `{"a" : 1 , "b":[ ] }`,
		`{"a"}`, `[1,]`, `"tab	"`, `"12345678"`, `"1234567\"90123456"`, `{,}`, `nul`, `1e999`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		end := jsontext.Skip(b, jsontext.SkipSpace(b, 0), 5_000)
		got := end >= 0 && jsontext.SkipSpace(b, end) == len(b)
		if want := json.Valid(b); got != want {
			t.Errorf("%q: valid %t, want %t", b, got, want)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\t\r\x00\x1f\x7f\xffé\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(jsontext.AppendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestSkipRefusesWhatNestsTooDeep(t *testing.T) {
	t.Parallel()
	if jsontext.Skip([]byte(`[[[]]]`), 0, 2) >= 0 {
		t.Error("three levels pass for two")
	}
	if jsontext.Skip([]byte(`[[[]]]`), 0, 3) != 6 {
		t.Error("three levels do not pass for three")
	}
}
