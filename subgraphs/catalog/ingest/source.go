package ingest

import "context"

// Codes of the faults that targets cause.
const (
	CodeTargetNotAllowed = "TARGET_NOT_ALLOWED"
	CodeTargetNotFound   = "TARGET_NOT_FOUND"
	CodeTargetUnreadable = "TARGET_UNREADABLE"
	CodeTypeUnknown      = "LOCATION_TYPE_UNKNOWN"
)

// source reads targets of one type. A target in its full form names one file or URL, or is a glob.
type source interface {
	// normalise gives the full form of a target that the settings or a client name.
	normalise(target string) (string, error)
	// sibling gives the full form of a target that is named in a file.
	sibling(base, target string) (string, error)
	// expand gives what a target stands for, sorted; a glob that nothing fits is not found.
	expand(ctx context.Context, target string) ([]string, error)
	// read gives the text.
	read(ctx context.Context, target string) ([]byte, error)
}
