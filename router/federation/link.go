package federation

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Link is one @link application (link specification 1.0).
type Link struct {
	URL      string
	Identity string // URL without the version
	Name     string // last segment of Identity, "" when it is no GraphQL name
	Version  Version
	Alias    string // prefix for elements that are not imported; Name unless `as` says otherwise
	Purpose  string // SECURITY, EXECUTION or ""
	Imports  []Import
	Position *ast.Position
}

// Import names one element of a linked specification in the schema; directives begin with "@" in both names.
type Import struct{ Name, As string }

// LocalDirective is what the schema calls the link's directive of that name (without "@").
func (l *Link) LocalDirective(name string) string {
	for _, imp := range l.Imports {
		if imp.Name == "@"+name {
			return imp.As[1:]
		}
	}
	if name == l.Name {
		return l.Alias
	}
	return l.Alias + "__" + name
}

// FederationVersion is the version of federation that a specification came with; ok is false where linking it by itself
// asks for no later one.
func (l *Link) FederationVersion() (since Version, ok bool) {
	switch l.Identity {
	case specsHost + "authenticated":
		return Version{2, 5}, true
	case specsHost + "cost":
		return Version{2, 9}, true
	}
	return Version{}, false
}

// LocalType is what the schema calls the link's type of that name.
func (l *Link) LocalType(name string) string {
	for _, imp := range l.Imports {
		if imp.Name == name {
			return imp.As
		}
	}
	return l.Alias + "__" + name
}

// resolveLinks reads the @link applications of the schema, and decides the federation version.
func (s *Schema) resolveLinks() []*Error {
	s.Version = Version{1, 0}
	local := s.linkDirective()
	var errs []*Error
	for _, d := range s.Directives {
		if d.Name != local {
			continue
		}
		link, err := s.readLink(d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, s.addLink(link)...)
	}
	if len(s.Links) > 0 {
		s.local[LinkDirective] = local
	}
	return errs
}

// linkDirective finds the name of the directive that links the link specification itself; "link" by default.
func (s *Schema) linkDirective() string {
	for _, d := range s.Directives {
		linked, _ := StringArg(d, "url")
		if !strings.HasPrefix(linked, LinkIdentity+"/") {
			continue
		}
		as, given := StringArg(d, "as")
		if given && as == d.Name || !given && d.Name == "link" || importsLinkAs(d) {
			return d.Name
		}
	}
	return "link"
}

func importsLinkAs(d *ast.Directive) bool {
	arg := d.Arguments.ForName("import")
	if arg == nil {
		return false
	}
	imports, _ := readImports(arg.Value)
	return slices.ContainsFunc(imports, func(i Import) bool { return i.Name == "@link" && i.As == "@"+d.Name })
}

func (s *Schema) readLink(d *ast.Directive) (*Link, *Error) {
	raw, ok := StringArg(d, "url")
	if !ok {
		return nil, Errorf(ErrInvalidLinkDirectiveUsage, s.Subgraph, d.Position,
			"Invalid use of @link on schema: the @link(url:) argument must be a string.")
	}
	link := &Link{URL: raw, Position: d.Position}
	if msg := link.readURL(raw); msg != "" {
		return nil, Errorf(ErrInvalidLinkIdentifier, s.Subgraph, d.Position, "%s", msg)
	}
	link.Alias = link.Name
	if as, ok := StringArg(d, "as"); ok {
		link.Alias = as
	}
	if purpose := d.Arguments.ForName("for"); purpose != nil && purpose.Value != nil && purpose.Value.Kind == ast.EnumValue {
		link.Purpose = purpose.Value.Raw
	}
	if arg := d.Arguments.ForName("import"); arg != nil && arg.Value != nil {
		imports, msg := readImports(arg.Value)
		if msg != "" {
			return nil, Errorf(ErrInvalidLinkDirectiveUsage, s.Subgraph, d.Position, "%s", msg)
		}
		link.Imports = imports
	}
	return link, nil
}

// readURL splits a specification's URL, https://host/path/name/v1.2.
func (l *Link) readURL(raw string) string {
	parsed, err := url.Parse(raw)
	if err != nil || parsed.Scheme == "" {
		return "Invalid URL " + raw
	}
	path := strings.Trim(parsed.EscapedPath(), "/")
	segments := strings.Split(path, "/")
	last := segments[len(segments)-1]
	version, ok := parseVersion(last)
	if !ok {
		return "Expected a version string (of the form v1.2), got " + last
	}
	if len(segments) < 2 {
		return "Missing feature name component in feature url '" + raw + "'"
	}
	l.Version = version
	l.Name = segments[len(segments)-2]
	l.Identity = parsed.Scheme + "://" + parsed.Host + "/" + strings.Join(segments[:len(segments)-1], "/")
	return ""
}

func parseVersion(text string) (Version, bool) {
	major, minor, ok := strings.Cut(strings.TrimPrefix(text, "v"), ".")
	if !ok || !strings.HasPrefix(text, "v") {
		return Version{}, false
	}
	a, errA := strconv.ParseUint(major, 10, 31)
	b, errB := strconv.ParseUint(minor, 10, 31)
	return Version{int(a), int(b)}, errA == nil && errB == nil
}

func readImports(v *ast.Value) ([]Import, string) {
	items := []*ast.Value{v}
	if v.Kind == ast.ListValue {
		items = items[:0]
		for _, child := range v.Children {
			items = append(items, child.Value)
		}
	} else if v.Kind == ast.NullValue {
		return nil, ""
	}
	imports := make([]Import, 0, len(items))
	for _, item := range items {
		imp, msg := readImport(item)
		if msg != "" {
			return nil, msg
		}
		imports = append(imports, imp)
	}
	return imports, ""
}

func readImport(v *ast.Value) (Import, string) {
	switch v.Kind {
	case ast.StringValue, ast.BlockValue:
		if strings.TrimPrefix(v.Raw, "@") == "" {
			return Import{}, "Invalid empty name in the @link(import:) argument."
		}
		return Import{Name: v.Raw, As: v.Raw}, ""
	case ast.ObjectValue:
		return readRenamingImport(v)
	default:
		return Import{}, "Invalid sub-value " + v.String() + " for @link(import:) argument: values should be either strings or input object values of the form { name: \"<importedElement>\", as: \"<alias>\" }."
	}
}

func readRenamingImport(v *ast.Value) (Import, string) {
	var imp Import
	for _, child := range v.Children {
		if child.Value.Kind != ast.StringValue && child.Value.Kind != ast.BlockValue {
			return imp, "Invalid value for the \"" + child.Name + "\" field of @link(import:) argument: must be a string."
		}
		switch child.Name {
		case "name":
			imp.Name = child.Value.Raw
		case "as":
			imp.As = child.Value.Raw
		default:
			return imp, "Unknown field \"" + child.Name + "\" for sub-value of @link(import:) argument."
		}
	}
	if imp.As == "" {
		imp.As = imp.Name
	}
	switch {
	case strings.TrimPrefix(imp.Name, "@") == "":
		return imp, "Invalid sub-value for @link(import:) argument: missing mandatory \"name\" field."
	case strings.HasPrefix(imp.Name, "@") && !strings.HasPrefix(imp.As, "@"):
		return imp, "Invalid @link import renaming: directive \"" + imp.Name + "\" imported name should start with a '@' character, but got \"" + imp.As + "\"."
	case !strings.HasPrefix(imp.Name, "@") && strings.HasPrefix(imp.As, "@"):
		return imp, "Invalid @link import renaming: type \"" + imp.Name + "\" imported name should not start with a '@' character, but got \"" + imp.As + "\" (or, if @" + imp.Name + " is a directive, then it should be referred to with a '@')."
	case strings.Trim(imp.As, "@") == "":
		return imp, "Invalid @link import renaming: empty alias for \"" + imp.Name + "\"."
	}
	return imp, ""
}
