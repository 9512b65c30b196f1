package authz

import (
	"fmt"
	"io"
	"os"
)

// maxPolicyBytes bounds a policy file.
const maxPolicyBytes = 64 << 20

// Settings say where policies come from. Without any file, [BuiltIn] is what counts.
type Settings struct {
	// Policies are paths of CSV files with p and g lines.
	Policies []string
	// Conditions are paths of YAML files with conditional policies.
	Conditions []string
	// Bindings give roles to users and groups, besides the g lines.
	Bindings []Binding
}

// Load reads the policies that the settings name. An error names the file and the line or document.
func Load(s Settings) (*Policies, error) {
	policies := BuiltIn()
	if len(s.Policies)+len(s.Conditions) > 0 {
		policies = newPolicies()
	}
	for _, path := range s.Policies {
		if err := readFile(path, policies.readCSV); err != nil {
			return nil, err
		}
	}
	for _, path := range s.Conditions {
		if err := readFile(path, policies.readYAML); err != nil {
			return nil, err
		}
	}
	if err := policies.checkInheritance(); err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	return policies.Bind(s.Bindings...)
}

// Parse reads policies from text: csv has p and g lines, conditions is a stream of YAML documents. Either may be nil.
func Parse(csv, conditions io.Reader) (*Policies, error) {
	policies := newPolicies()
	if csv != nil {
		if err := policies.readCSV("(given)", csv); err != nil {
			return nil, err
		}
	}
	if conditions != nil {
		if err := policies.readYAML("(given)", conditions); err != nil {
			return nil, err
		}
	}
	return policies, policies.checkInheritance()
}

func readFile(path string, read func(name string, from io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read policies: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read policies: %w", err)
	}
	if info.Size() > maxPolicyBytes {
		return fmt.Errorf("read policies: %s is larger than %d bytes", path, maxPolicyBytes)
	}
	return read(path, io.LimitReader(file, maxPolicyBytes))
}
