package transport

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// readBody reads a JSON body: in UTF-8, within the limits of bytes (counted after decompression) and of time.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *Refusal) {
	if refusal := checkContentType(r.Header); refusal != nil {
		return nil, refusal
	}
	limits := h.options.Limits
	if r.ContentLength > limits.Body {
		return nil, tooLarge()
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(limits.BodyTime))
	body, refusal := readDecoded(http.MaxBytesReader(w, r.Body, limits.Body), r.Header, limits.Body)
	if refusal != nil {
		w.Header().Set("Connection", "close")
		return nil, refusal
	}
	_ = control.SetReadDeadline(time.Time{})
	if !utf8.Valid(body) {
		return nil, Refuse(http.StatusBadRequest, CodeBadRequest, "the body is not UTF-8")
	}
	return body, nil
}

// checkContentType admits JSON in UTF-8 and nothing else. That is also what keeps pages of other sites out: a browser
// asks before it sends this type across sites.
func checkContentType(header http.Header) *Refusal {
	values := header.Values("Content-Type")
	if len(values) == 1 && isJSONType(values[0]) {
		return nil
	}
	return Refuse(http.StatusUnsupportedMediaType, CodeUnsupportedMediaType, "the body must be application/json in UTF-8")
}

func isJSONType(value string) bool {
	if value == mediaJSON {
		return true // as nearly all say it
	}
	name, parameters, err := mime.ParseMediaType(value)
	if err != nil || name != mediaJSON {
		return false
	}
	charset, given := parameters["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

func readDecoded(body io.Reader, header http.Header, limit int64) ([]byte, *Refusal) {
	decoded, refusal := decoder(body, header)
	if refusal != nil {
		return nil, refusal
	}
	content, err := io.ReadAll(io.LimitReader(decoded, limit+1))
	var overrun *http.MaxBytesError
	switch {
	case int64(len(content)) > limit || errors.As(err, &overrun):
		return nil, tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, Refuse(http.StatusRequestTimeout, CodeRequestTimeout, "the body took too long to arrive")
	case err != nil:
		return nil, Refuse(http.StatusBadRequest, CodeBadRequest, "the body could not be read")
	}
	return content, nil
}

// decoder undoes one Content-Encoding. Several in a row are refused: each would multiply what one byte can cost.
func decoder(body io.Reader, header http.Header) (io.Reader, *Refusal) {
	unreadable := Refuse(http.StatusBadRequest, CodeBadRequest, "the body could not be decompressed")
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(header.Values("Content-Encoding"), ","))); encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		decoded, err := gzip.NewReader(body)
		if err != nil {
			return nil, unreadable
		}
		return decoded, nil
	case "deflate":
		decoded, err := inflate(bufio.NewReader(body))
		if err != nil {
			return nil, unreadable
		}
		return decoded, nil
	}
	return nil, Refuse(http.StatusUnsupportedMediaType, CodeUnsupportedMediaType, "the body may be compressed with gzip or deflate only")
}

// inflate reads `deflate` as it is defined, in the zlib format, and as some clients send it, without that wrapping.
func inflate(body *bufio.Reader) (io.Reader, error) {
	head, err := body.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (uint16(head[0])<<8|uint16(head[1]))%31 == 0 {
		return zlib.NewReader(body)
	}
	return flate.NewReader(body), nil
}

func tooLarge() *Refusal {
	return Refuse(http.StatusRequestEntityTooLarge, CodePayloadTooLarge, "the request is too large")
}
