package docs

import (
	"strings"

	"devportal.internal/internal/entityindex"
)

// FolderOf is where the assets of an entity's site lie: `namespace/kind/name`, lower case.
func FolderOf(entity entityindex.Entity) string {
	return strings.ToLower(entity.Namespace + "/" + entity.Kind + "/" + entity.Name)
}

// RefOfFolder is the ref of the entity whose site has this folder.
func RefOfFolder(namespace, kind, name string) string {
	return strings.ToLower(kind + ":" + namespace + "/" + name)
}

// MetadataFile lies beside the assets and tells what they are, as TechDocs does.
const MetadataFile = "techdocs_metadata.json"
