package relay

import (
	"encoding/base64"
	"regexp"
	"strings"

	"devportal.internal/internal/fault"
)

// CodeInvalidID is the code of the fault that something which is no global id of ours causes.
const CodeInvalidID = "INVALID_ID"

// TypeEntity is the type part of every catalog entity's id, whatever its kind: the kind is no part of its identity.
const TypeEntity = "Entity"

const maxIDBytes = 512

var idType = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,62}$`)

// ID is a decoded global id.
type ID struct {
	// Type is [TypeEntity], or the name of the GraphQL type.
	Type string
	// UID is unique in the type.
	UID string
}

// EncodeID makes the global id of the type and uid.
func EncodeID(typeName, uid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(typeName + ":" + uid))
}

// EntityID makes the global id of the catalog entity with the uid.
func EntityID(uid string) string { return EncodeID(TypeEntity, uid) }

// DecodeID reads a global id.
func DecodeID(id string) (ID, error) {
	if len(id) <= maxIDBytes {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
		typeName, uid, found := strings.Cut(string(raw), ":")
		if err == nil && found && uid != "" && idType.MatchString(typeName) && isPlainText(uid) {
			return ID{Type: typeName, UID: uid}, nil
		}
	}
	return ID{}, fault.Invalid("relay.DecodeID", "this is not a global id of this portal").WithCode(CodeInvalidID)
}

// DecodeIDOf reads the global id of a type and gives its uid.
func DecodeIDOf(typeName, id string) (string, error) {
	decoded, err := DecodeID(id)
	if err != nil {
		return "", err
	}
	if decoded.Type != typeName {
		return "", fault.Invalid("relay.DecodeIDOf", "this is the global id of something else than %s", typeName).
			WithCode(CodeInvalidID)
	}
	return decoded.UID, nil
}

// isPlainText keeps out what PostgreSQL does not store.
func isPlainText(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.ContainsRune(text, 0)
}
