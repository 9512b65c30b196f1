package docs

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// Annotations that say where an entity's documentation lies.
const (
	AnnotationRef            = "backstage.io/techdocs-ref"
	AnnotationSourceLocation = "backstage.io/source-location"
	AnnotationManagedBy      = "backstage.io/managed-by-location"
)

// CodeReferenceInvalid is the code of the fault that a reference which leads nowhere makes.
const CodeReferenceInvalid = "DOCS_REFERENCE_INVALID"

// Source is where a site's mkdocs.yml lies. It is comparable; of Folder and URL one is set.
type Source struct {
	Folder string `json:"folder,omitempty"` // an absolute path: Path must not leave it
	URL    string `json:"url,omitempty"`    // of a folder (it ends with a slash) or of an archive
	Path   string `json:"path,omitempty"`   // the site's folder within, slash-separated; "." is the whole
}

// HasSite reports whether an entity says that it has documentation.
func HasSite(entity entityindex.Entity) bool { return entity.Annotations[AnnotationRef] != "" }

// SourceOf finds the source that an entity's annotations lead to.
//
// `url:X` is X. `dir:X`, or X alone, is the folder X below the entity's location: X never leads out of it. The location is
// the source location, where the entity says one, else where it was read. An entity that was read from a URL has no
// files; one that was read from a file has those of the folder that it lies in.
func SourceOf(entity entityindex.Entity) (Source, error) {
	kind, target := splitReference(entity.Annotations[AnnotationRef])
	if target == "" {
		return Source{}, invalid("%s is empty", AnnotationRef)
	}
	if kind == "url" {
		return urlSource(target)
	}
	within := path.Clean("./" + strings.TrimPrefix(filepath.ToSlash(target), "/"))
	if within == ".." || strings.HasPrefix(within, "../") || strings.ContainsRune(within, 0) || strings.Contains(within, `\`) {
		return Source{}, invalid("%s leads out of the entity's own folder", AnnotationRef)
	}
	return locate(entity.Annotations, within)
}

// splitReference splits `kind:target`; without a kind it is a folder.
func splitReference(reference string) (kind, target string) {
	reference = strings.TrimSpace(reference)
	kind, target, ok := strings.Cut(reference, ":")
	if !ok || (kind != "dir" && kind != "url") {
		return "dir", reference
	}
	return kind, strings.TrimSpace(target)
}

func locate(annotations map[string]string, within string) (Source, error) {
	home, err := folderOf(annotations[AnnotationManagedBy])
	if err != nil {
		return Source{}, err
	}
	source, err := folderOf(annotations[AnnotationSourceLocation])
	if err != nil || source == (Source{}) {
		source = home
	}
	if source.Folder != "" && !isWithin(home.Folder, source.Folder) {
		source = home
	}
	if home.Folder != "" && source.URL != "" {
		source = home // what was read from a file is documented by the files beside it
	}
	if source == (Source{}) {
		return Source{}, invalid("the entity has no location that %s could be found at", AnnotationRef)
	}
	source.Path = within
	return source, nil
}

// isWithin reports whether a folder is another one or lies in it. Nothing lies in no folder.
func isWithin(home, folder string) bool {
	if home == "" {
		return false
	}
	relative, err := filepath.Rel(home, folder)
	return err == nil && filepath.IsLocal(relative)
}

// folderOf is the folder of a location annotation; zero when there is none.
func folderOf(location string) (Source, error) {
	kind, target, ok := strings.Cut(location, ":")
	if !ok || target == "" {
		return Source{}, nil
	}
	switch kind {
	case "file":
		if !strings.HasSuffix(target, "/") {
			target = filepath.Dir(target)
		}
		return absolute(target)
	case "dir":
		return absolute(target)
	case "url":
		u, err := parseURL(target)
		if err != nil {
			return Source{}, err
		}
		u.Path, u.RawPath = u.Path[:strings.LastIndex(u.Path, "/")+1], ""
		return Source{URL: u.String()}, nil
	default:
		return Source{}, invalid("documentation cannot be found at a location of type %q", kind)
	}
}

func absolute(folder string) (Source, error) {
	if !filepath.IsAbs(folder) {
		return Source{}, invalid("the entity's location is no absolute path")
	}
	return Source{Folder: filepath.Clean(folder)}, nil
}

func urlSource(target string) (Source, error) {
	u, err := parseURL(target)
	if err != nil {
		return Source{}, err
	}
	if !isArchive(u.Path) && !strings.HasSuffix(u.Path, "/") {
		u.Path, u.RawPath = u.Path+"/", ""
	}
	return Source{URL: u.String(), Path: "."}, nil
}

// isArchive reports whether the path of a URL names an archive rather than a folder.
func isArchive(path string) bool {
	return strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz") || strings.HasSuffix(path, ".zip")
}

// IsArchive reports whether the source is an archive behind a URL.
func (s Source) IsArchive() bool {
	u, err := url.Parse(s.URL)
	return err == nil && isArchive(u.Path)
}

func parseURL(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return nil, invalid("the documentation's URL is none of http or https")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

func invalid(format string, args ...any) error {
	return fault.Invalid("docs.SourceOf", format, args...).WithCode(CodeReferenceInvalid)
}
