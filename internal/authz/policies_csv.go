package authz

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"devportal.internal/internal/auth"
)

// readCSV reads p and g lines in the form of Backstage's role-based access plugin. Rules of permissions that the portal
// does not know are kept and decide nothing.
func (p *Policies) readCSV(name string, from io.Reader) error {
	lines := csv.NewReader(from)
	lines.Comment = '#'
	lines.FieldsPerRecord = -1
	lines.TrimLeadingSpace = true
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read policy file %s: %w", name, err)
		}
		line, _ := lines.FieldPos(0)
		if err := p.addLine(trimmed(fields)); err != nil {
			return fmt.Errorf("policy file %s, line %d: %w", name, line, err)
		}
	}
}

func (p *Policies) addLine(fields []string) error {
	switch fields[0] {
	case "p":
		return p.addRule(fields[1:])
	case "g":
		return p.addGrouping(fields[1:])
	default:
		return fmt.Errorf("a line begins with p or g, not %q", fields[0])
	}
}

func (p *Policies) addRule(fields []string) error {
	if len(fields) != 4 {
		return fmt.Errorf("a p line has a role, a permission or resource type, an action and an effect")
	}
	role, err := roleRef(fields[0])
	if err != nil {
		return err
	}
	rule := policyRule{object: fields[1], action: fields[2], effect: strings.ToLower(fields[3])}
	if rule.object == "" || rule.action == "" {
		return fmt.Errorf("a p line names a permission or resource type, and an action")
	}
	if rule.effect != effectAllow && rule.effect != effectDeny {
		return fmt.Errorf("the effect is allow or deny, not %q", fields[3])
	}
	p.rules[role] = append(p.rules[role], rule)
	return nil
}

func (p *Policies) addGrouping(fields []string) error {
	if len(fields) != 2 {
		return fmt.Errorf("a g line has a user, group or role, and a role")
	}
	role, err := roleRef(fields[1])
	if err != nil {
		return err
	}
	if child, err := roleRef(fields[0]); err == nil && strings.HasPrefix(strings.ToLower(fields[0]), "role:") {
		p.parents[child] = append(p.parents[child], role)
		return nil
	}
	member, err := memberRef(fields[0])
	if err != nil {
		return err
	}
	p.bind(member, role)
	return nil
}

var (
	rolePattern   = regexp.MustCompile(`^role:[a-z0-9-]+/[a-z0-9][a-z0-9._-]*$`)
	memberPattern = regexp.MustCompile(`^(user|group):[a-z0-9-]+/[^\s/:,\x00-\x1f]+$`)
)

// roleRef brings a role into its form, or refuses it.
func roleRef(text string) (string, error) {
	ref := auth.RoleRef(text)
	if !rolePattern.MatchString(ref) {
		return "", fmt.Errorf("%q is not a role: expected role:<namespace>/<name>", text)
	}
	return ref, nil
}

// memberRef brings the ref of a user or group into its form, or refuses it.
func memberRef(text string) (string, error) {
	ref := strings.ToLower(text)
	if !memberPattern.MatchString(ref) {
		return "", fmt.Errorf("%q is neither a user nor a group: expected user:<namespace>/<name>", text)
	}
	return ref, nil
}

func trimmed(fields []string) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = strings.TrimSpace(f)
	}
	return out
}
