package supergraph

import (
	"fmt"
	"strings"
)

// securityVersions are the specifications linked `for: SECURITY` that are enforced here, with their major versions.
func securityVersions() map[string]string {
	return map[string]string{
		"https://specs.apollo.dev/inaccessible":   "v0.",
		"https://specs.apollo.dev/authenticated":  "v0.",
		"https://specs.apollo.dev/requiresScopes": "v0.",
		"https://specs.apollo.dev/policy":         "v0.",
		"https://specs.apollo.dev/context":        "v0.",
	}
}

// checkSecurity refuses a supergraph with a security feature that is not known here: serving it would leave open what it
// is meant to close (core specification, "for: SECURITY").
func (l *loader) checkSecurity() error {
	known := securityVersions()
	for _, directive := range l.schemaDirectives() {
		if argument(directive, "for") != "SECURITY" {
			continue
		}
		url := argument(directive, "url")
		if url == "" {
			url = argument(directive, "feature")
		}
		feature := newFeature(url, directive)
		version, supported := known[feature.Identity]
		if !supported || !strings.HasPrefix(feature.Version, version) {
			return fmt.Errorf("the supergraph links a security feature that is not supported: %s", url)
		}
	}
	return nil
}
