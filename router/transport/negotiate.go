package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of responses.
const (
	mediaGraphQL     = "application/graphql-response+json"
	mediaJSON        = "application/json"
	mediaEventStream = "text/event-stream"
	mediaMixed       = "multipart/mixed"
	mediaHTML        = "text/html"
)

// mediaRange is one element of an Accept header (RFC 9110, section 12.5.1).
type mediaRange struct {
	name       string
	parameters map[string]string
	quality    float64
}

// maxRanges bounds the work on one Accept header.
const maxRanges = 32

// acceptedRanges reads the Accept header. What cannot be read of it is left out; no header at all accepts everything.
func acceptedRanges(header http.Header) []mediaRange {
	lines := header.Values("Accept")
	if len(lines) == 0 {
		return []mediaRange{{name: "*/*", quality: 1}}
	}
	var ranges []mediaRange
	for element := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if len(ranges) == maxRanges {
			break
		}
		if accepted, ok := parseRange(element); ok {
			ranges = append(ranges, accepted)
		}
	}
	return ranges
}

func parseRange(element string) (mediaRange, bool) {
	name, parameters, err := mime.ParseMediaType(element)
	if err != nil {
		return mediaRange{}, false
	}
	accepted := mediaRange{name: name, parameters: parameters, quality: 1}
	if q, given := parameters["q"]; given {
		accepted.quality, err = strconv.ParseFloat(q, 64)
	}
	if charset, given := parameters["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return mediaRange{}, false
	}
	return accepted, err == nil
}

// admits says whether a media type falls under the range.
func (m mediaRange) admits(media string) bool {
	if m.name == "*/*" || m.name == media {
		return true
	}
	major, minor, _ := strings.Cut(m.name, "/")
	return minor == "*" && strings.HasPrefix(media, major+"/")
}

// specific orders ranges: the more a range says, the more its quality counts.
func (m mediaRange) specific() int {
	switch {
	case m.name == "*/*":
		return 0
	case strings.HasSuffix(m.name, "/*"):
		return 1
	}
	return 2
}

// quality of a media type is that of the most specific range that admits it.
func quality(ranges []mediaRange, media string) float64 {
	best, found := -1, 0.0
	for _, accepted := range ranges {
		if accepted.admits(media) && accepted.specific() > best {
			best, found = accepted.specific(), accepted.quality
		}
	}
	return found
}

// preferred picks of the offered media types the one of the highest quality, the first of equals; "" when the client
// accepts none.
func preferred(ranges []mediaRange, offered ...string) string {
	best, found := 0.0, ""
	for _, media := range offered {
		if q := quality(ranges, media); q > best {
			best, found = q, media
		}
	}
	return found
}

// named says whether the client asks for a media type by its name, not only through a wildcard.
func named(ranges []mediaRange, media string) bool {
	for _, accepted := range ranges {
		if accepted.name == media && accepted.quality > 0 {
			return true
		}
	}
	return false
}

// multipartKind is what a client that accepts multipart/mixed understands.
type multipartKind int

const (
	noMultipart           multipartKind = iota
	multipartIncremental                // `deferSpec` or nothing: incremental delivery
	multipartSubscription               // `subscriptionSpec`: Apollo's subscriptions over multipart
)

func acceptedMultipart(ranges []mediaRange) multipartKind {
	kind := noMultipart
	for _, accepted := range ranges {
		if accepted.name != mediaMixed || accepted.quality == 0 {
			continue
		}
		if accepted.parameters["subscriptionspec"] != "" {
			return multipartSubscription
		}
		kind = multipartIncremental
	}
	return kind
}

// whole picks the media type of a whole response. Without a preference it is application/json, which every client reads.
func whole(ranges []mediaRange) string {
	return preferred(ranges, mediaJSON, mediaGraphQL)
}
