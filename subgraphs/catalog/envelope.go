package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// Codes of the faults that an entity's file causes. They are stable: clients see them as status and location errors.
const (
	CodeInvalidEnvelope = "INVALID_ENVELOPE"
	CodeInvalidMetadata = "INVALID_METADATA"
	CodeInvalidSpec     = "INVALID_SPEC"
)

// MaxEntityBytes bounds an entity's metadata and spec, written as JSON: an event carries them.
const MaxEntityBytes = 2 << 20

// Envelope is a document that claims to describe an entity, decoded from its file.
type Envelope map[string]any

// Validated is what an envelope comes to: an entity without identity, and the relations that it emits.
type Validated struct {
	Entity    Entity
	Relations []Relation
}

var (
	apiVersionPattern = regexp.MustCompile(`^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?(?:/[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`)
	kindPattern       = regexp.MustCompile(`^[a-zA-Z][a-z0-9A-Z]*$`)
)

const maxNameBytes = 63

// nulInJSON is how JSON writes the one character that PostgreSQL does not store.
const nulInJSON = `\u0000`

// Ref gives the reference that the envelope claims, as far as it can be told: a document may be invalid and still name
// the entity that it is about.
func (e Envelope) Ref() (Ref, bool) {
	kind, _ := e["kind"].(string)
	metadata, _ := e["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	namespace, given := metadata["namespace"].(string)
	if !given {
		namespace = DefaultNamespace
	}
	ok := checkKind(kind) == nil && checkName(name) == nil && checkNamespace(namespace) == nil
	return NewRef(kind, namespace, name), ok
}

// Validate applies the rules, in this order: the envelope, the metadata, the kind's own.
func (e Envelope) Validate() (Validated, error) {
	apiVersion, kind, err := e.head()
	if err != nil {
		return Validated{}, err
	}
	meta, err := readMetadata(e["metadata"])
	if err != nil {
		return Validated{}, err
	}
	spec, err := readSpec(e["spec"])
	if err != nil {
		return Validated{}, err
	}
	ref := NewRef(kind, meta.namespace, meta.name)
	relations, err := applyKind(apiVersion, kind, ref, spec)
	if err != nil {
		return Validated{}, err
	}
	entity := meta.entity(apiVersion, kind, ref)
	if err := entity.takeSpec(spec, relations); err != nil {
		return Validated{}, err
	}
	return Validated{Entity: entity, Relations: relations}, nil
}

func (e Envelope) head() (apiVersion, kind string, err error) {
	for key := range e {
		switch key {
		case "apiVersion", "kind", "metadata", "spec":
		default:
			return "", "", invalidEnvelope("%q does not belong at the root: only apiVersion, kind, metadata and spec do", shorten(key))
		}
	}
	apiVersion, ok := e["apiVersion"].(string)
	if !ok || !apiVersionPattern.MatchString(apiVersion) || len(apiVersion) > 253 {
		return "", "", invalidEnvelope("apiVersion is missing or malformed: write backstage.io/v1alpha1, for example")
	}
	kind, ok = e["kind"].(string)
	if !ok {
		return "", "", invalidEnvelope("kind is missing")
	}
	return apiVersion, kind, checkKind(kind)
}

func checkKind(kind string) error {
	if len(kind) < 1 || len(kind) > maxNameBytes || !kindPattern.MatchString(kind) {
		return invalidEnvelope("kind %q is malformed: it is 1 to 63 letters and digits, a letter first", shorten(kind))
	}
	return nil
}

func readSpec(value any) (map[string]any, error) {
	if value == nil {
		return map[string]any{}, nil
	}
	spec, ok := value.(map[string]any)
	if !ok {
		return nil, invalidSpec("spec is not an object")
	}
	return spec, nil
}

// takeSpec fills in what is found in the spec and the relations, and seals the entity with its hash.
func (e *Entity) takeSpec(spec map[string]any, relations []Relation) error {
	raw, err := json.Marshal(spec)
	if err != nil {
		return invalidSpec("spec holds a value that JSON does not have").Because(err)
	}
	if strings.Contains(string(raw)+string(e.Metadata), nulInJSON) {
		return invalidEnvelope("the entity holds a NUL character")
	}
	if len(raw)+len(e.Metadata) > MaxEntityBytes {
		return invalidEnvelope("the entity is larger than %d bytes", MaxEntityBytes)
	}
	e.Spec = raw
	e.Type, _ = spec["type"].(string)
	e.Lifecycle, _ = spec["lifecycle"].(string)
	for _, r := range relations {
		if r.Source != e.Ref {
			continue
		}
		switch {
		case r.Type == RelationOwnedBy:
			e.Owners = append(e.Owners, r.Target)
		case r.Type == RelationPartOf && strings.HasPrefix(r.Target, "system:"):
			e.System = r.Target
		}
	}
	e.Hash = e.contentHash(relations)
	return nil
}

// contentHash identifies all that a client can see of the entity.
func (e *Entity) contentHash(relations []Relation) string {
	digest := sha256.New()
	encoder := json.NewEncoder(digest)
	_ = encoder.Encode([]any{e.APIVersion, e.Kind, e.Ref, e.Name, e.Metadata, e.Spec, relations})
	return hex.EncodeToString(digest.Sum(nil))
}

// Rehash is for whoever adds annotations to an entity that was validated.
func (v *Validated) Rehash() {
	v.Entity.Hash = hashWith(v.Entity.contentHash(v.Relations), v.Entity.Annotations)
}

func hashWith(hash string, annotations map[string]string) string {
	digest := sha256.New()
	_, _ = fmt.Fprintln(digest, hash)
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		_, _ = fmt.Fprintf(digest, "%q=%q\n", key, annotations[key])
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func (m metadata) entity(apiVersion, kind string, ref Ref) Entity {
	return Entity{
		Entity: entityindex.Entity{
			Ref: ref.String(), Kind: kind, Namespace: m.namespace, Name: m.name, Title: m.title,
			Tags: m.tags, Labels: m.labels, Annotations: m.annotations,
		},
		APIVersion: apiVersion, Description: m.description, Links: m.links, Metadata: m.raw,
	}
}

func invalidEnvelope(format string, args ...any) *fault.Error {
	return fault.Invalid("catalog.Validate", format, args...).WithCode(CodeInvalidEnvelope)
}

func invalidMetadata(format string, args ...any) *fault.Error {
	return fault.Invalid("catalog.Validate", format, args...).WithCode(CodeInvalidMetadata)
}

func invalidSpec(format string, args ...any) *fault.Error {
	return fault.Invalid("catalog.Validate", format, args...).WithCode(CodeInvalidSpec)
}
