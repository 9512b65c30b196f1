package mkdocs

import (
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"devportal.internal/internal/fault"
)

// CodeConfigInvalid is the code of the fault that an unreadable mkdocs.yml makes.
const CodeConfigInvalid = "DOCS_CONFIG_INVALID"

// MaxBytes bounds the file.
const MaxBytes = 256 << 10

// Config is what mkdocs.yml says.
type Config struct {
	SiteName        string
	SiteDescription string
	DocsDir         string // slash-separated, within the site's folder; "docs" when the file does not say
	RepoURL         string
	EditURI         string
	Nav             []Entry // nil when the file has none
	Permalinks      bool
	SnippetPaths    []string // folders that snippets are looked for in, within the site's folder
	Excluded        Patterns // files that are not part of the site
	NotInNav        Patterns // pages that the table of contents leaves out on purpose
	Warnings        []string
}

// file is the part of mkdocs.yml that has a fixed form.
type file struct {
	SiteName        string    `yaml:"site_name"`
	SiteDescription string    `yaml:"site_description"`
	DocsDir         string    `yaml:"docs_dir"`
	RepoURL         string    `yaml:"repo_url"`
	EditURI         string    `yaml:"edit_uri"`
	Nav             yaml.Node `yaml:"nav"`
	Extensions      yaml.Node `yaml:"markdown_extensions"`
	Exclude         string    `yaml:"exclude_docs"`
	NotInNav        string    `yaml:"not_in_nav"`
	Hooks           yaml.Node `yaml:"hooks"`
}

// Parse reads mkdocs.yml.
func Parse(text []byte) (Config, error) {
	f, err := decode(text)
	if err != nil {
		return Config{}, err
	}
	config := Config{
		SiteName: f.SiteName, SiteDescription: f.SiteDescription, DocsDir: "docs", RepoURL: f.RepoURL, EditURI: f.EditURI,
		Excluded: ParsePatterns(f.Exclude), NotInNav: ParsePatterns(f.NotInNav),
	}
	if f.DocsDir != "" {
		config.DocsDir = path.Clean(f.DocsDir)
	}
	if !isLocal(config.DocsDir) {
		return Config{}, invalid("docs_dir leads out of the site's folder")
	}
	if !f.Hooks.IsZero() {
		config.Warnings = append(config.Warnings, "hooks are not run")
	}
	config.readExtensions(&f.Extensions)
	return config, config.readNav(&f.Nav)
}

func decode(text []byte) (f file, err error) {
	if len(text) > MaxBytes {
		return f, invalid("mkdocs.yml is larger than %d bytes", MaxBytes)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return f, invalid("mkdocs.yml is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	budget := MaxNodes
	plain, err := untagged(&document, 0, &budget)
	if err != nil {
		return f, err
	}
	if err := plain.Decode(&f); err != nil {
		return f, invalid("mkdocs.yml: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	return f, nil
}

// isLocal reports whether a slash-separated path stays within its folder.
func isLocal(name string) bool {
	return name != "" && name != ".." && !path.IsAbs(name) && !strings.HasPrefix(name, "../") &&
		!strings.ContainsAny(name, "\\\x00")
}

func invalid(format string, args ...any) error {
	return fault.Invalid("mkdocs.Parse", format, args...).WithCode(CodeConfigInvalid)
}
