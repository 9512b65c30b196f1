package scaffolder_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"devportal.internal/subgraphs/scaffolder"
)

func TestARedactorTakesSecretsOutInEveryEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-zA-Z0-9 "'\\<>&+/=%äß€-]{12,40}[a-z]`).Draw(t, "secret")
		secret = strings.TrimSpace(secret)
		if len(secret) < 12 {
			return
		}
		quoted, _ := json.Marshal(secret)
		twice, _ := json.Marshal(string(quoted))
		redactor := scaffolder.NewRedactor(map[string]any{"deep": []any{map[string]any{"key": secret}}})
		for name, text := range map[string]string{
			"as it is": secret, "JSON": string(quoted), "JSON within JSON": string(twice), "a query": url.QueryEscape(secret),
			"a path": url.PathEscape(secret), "HTML": html.EscapeString(secret), "upper case": strings.ToUpper(secret),
			"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "a query twice": url.QueryEscape(url.QueryEscape(secret)),
			"hexadecimal": hex.EncodeToString([]byte(secret)),
		} {
			if strings.ToUpper(secret) != text && name == "upper case" {
				continue
			}
			got := redactor.Text("before " + text + " after")
			got = strings.Trim(strings.TrimSuffix(strings.TrimPrefix(got, "before "), " after"), `"\`)
			if got != scaffolder.Redacted {
				t.Fatalf("%s: %q becomes %q", name, text, got)
			}
		}
	})
}

func TestARedactorFindsSecretsWithinLongerBase64(t *testing.T) {
	t.Parallel()
	const secret = "a-very-long-canary-of-a-key"
	redactor := scaffolder.NewRedactor(map[string]any{"key": secret})
	for _, before := range []string{"", "u", "us", "user:"} {
		got := redactor.Text(base64.StdEncoding.EncodeToString([]byte(before + secret + ":x")))
		if !strings.Contains(got, scaffolder.Redacted) || len(got) > 20 {
			t.Errorf("after %q the secret becomes %q", before, got)
		}
	}
}

func TestARedactorOfNothingChangesNothing(t *testing.T) {
	t.Parallel()
	for name, redactor := range map[string]*scaffolder.Redactor{
		"no redactor": nil, "no secrets": scaffolder.NewRedactor(nil), "an empty secret": scaffolder.NewRedactor(map[string]any{"key": " "}),
	} {
		if got := redactor.Text("a text"); got != "a text" {
			t.Errorf("%s: the text becomes %q", name, got)
		}
	}
}
