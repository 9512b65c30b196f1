package federation

import (
	"slices"
	"strings"
)

// addLink takes a link into the schema: known specifications are checked and give their directives local names.
func (s *Schema) addLink(link *Link) []*Error {
	if other := s.linkNamed(link); other != nil {
		return []*Error{s.linkError(link, "Invalid use of @link on schema: duplicate inclusion of feature %s", link.Identity)}
	}
	if errs := s.clashes(link); len(errs) > 0 {
		return errs
	}
	s.Links = append(s.Links, link)
	switch {
	case link.Identity == FederationIdentity:
		return s.linkFederation(link)
	case link.Identity == LinkIdentity:
		return s.linkLink(link)
	case strings.HasPrefix(link.Identity, specsHost):
		return s.linkOwnSpec(link)
	case link.Purpose == "SECURITY":
		return []*Error{s.unsupported(link)}
	}
	return nil
}

func (s *Schema) linkNamed(link *Link) *Link {
	i := slices.IndexFunc(s.Links, func(l *Link) bool { return l.Identity == link.Identity })
	if i < 0 {
		return nil
	}
	return s.Links[i]
}

// clashes reports names of the link that another link has taken.
func (s *Schema) clashes(link *Link) []*Error {
	var errs []*Error
	for _, other := range s.Links {
		if other.Alias == link.Alias && link.Alias != "" {
			errs = append(errs, s.linkError(link, "Cannot link feature %s as %q since another feature %q already uses that alias. "+
				"Please rename the feature to avoid conflicts via \"as\".", link.Identity, link.Alias, other.Identity))
		}
		for _, imp := range link.Imports {
			if slices.ContainsFunc(other.Imports, func(o Import) bool { return o.As == imp.As }) {
				errs = append(errs, s.linkError(link, "Cannot import %q from feature %q since it was previously imported from feature %q. "+
					"Please rename the import to avoid conflicts via \"as\".", imp.As, link.Identity, other.Identity))
			}
		}
	}
	return errs
}

func (s *Schema) linkError(link *Link, format string, args ...any) *Error {
	return Errorf(ErrInvalidLinkDirectiveUsage, s.Subgraph, link.Position, format, args...)
}

func (s *Schema) unsupported(link *Link) *Error {
	return Errorf(ErrUnsupportedLinkedFeature, s.Subgraph, link.Position,
		"The schema links %s for: SECURITY, which is unknown to this composer: what it protects would be left open.", link.URL)
}

func (s *Schema) linkFederation(link *Link) []*Error {
	if link.Version.Major != 2 || !latestFederation.AtLeast(link.Version) {
		return []*Error{Errorf(ErrUnknownFederationLinkVersion, s.Subgraph, link.Position,
			"Invalid version v%d.%d for the federation feature in @link directive on schema", link.Version.Major, link.Version.Minor)}
	}
	s.Version = link.Version
	known := map[string]bool{}
	for _, e := range elements() {
		if link.Version.AtLeast(e.since) {
			known["@"+string(e.name)] = true
			s.local[e.name] = link.LocalDirective(string(e.name))
		}
	}
	for name, since := range scalarSince() {
		known[name] = link.Version.AtLeast(since)
	}
	return s.unknownImports(link, known)
}

func (s *Schema) unknownImports(link *Link, known map[string]bool) []*Error {
	var errs []*Error
	for _, imp := range link.Imports {
		if known[imp.Name] {
			continue
		}
		hint := ""
		if known["@"+imp.Name] {
			hint = ` Did you mean directive "@` + imp.Name + `"?`
		}
		errs = append(errs, s.linkError(link, "Cannot import unknown element %q.%s", imp.Name, hint))
	}
	return errs
}

func (s *Schema) linkLink(link *Link) []*Error {
	if link.Version != (Version{1, 0}) {
		return []*Error{s.unknownVersion(link)}
	}
	return s.unknownImports(link, map[string]bool{"@link": true, "Import": true, "Purpose": true})
}

func (s *Schema) unknownVersion(link *Link) *Error {
	return Errorf(ErrUnknownLinkVersion, s.Subgraph, link.Position,
		"Schema uses unknown version v%d.%d of the %s spec", link.Version.Major, link.Version.Minor, link.Name)
}

// linkOwnSpec handles the specifications that define one of federation's directives apart from federation.
func (s *Schema) linkOwnSpec(link *Link) []*Error {
	versions, ok := ownSpec()[link.Name]
	if !ok {
		if link.Purpose == "SECURITY" {
			return []*Error{s.unsupported(link)}
		}
		return nil
	}
	if !slices.Contains(versions, link.Version) {
		return []*Error{s.unknownVersion(link)}
	}
	known := map[string]bool{}
	for _, name := range directivesOf(link.Name) {
		known["@"+string(name)] = true
		s.local[name] = link.LocalDirective(string(name))
	}
	for _, scalar := range []string{"Scope", "Policy", "ContextFieldValue"} {
		known[scalar] = true
	}
	return s.unknownImports(link, known)
}

// directivesOf lists the directives of a specification of its own.
func directivesOf(spec string) []DirectiveName {
	switch spec {
	case "cost":
		return []DirectiveName{Cost, ListSize}
	case "context":
		return []DirectiveName{Context, FromContext}
	}
	return []DirectiveName{DirectiveName(spec)}
}

// IsFederation1 reports whether the SDL was written for federation 1: it links no version of federation.
func (s *Schema) IsFederation1() bool { return s.Version.Major == 1 }
