package transport

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"unicode"
)

// clientNames are the headers, and members of a websocket's connection_init, in which clients give themselves a name.
var clientNames = [...]string{"graphql-client-name", "apollographql-client-name"}

// maxClientName is the number of bytes of a client's name.
const maxClientName = 64

// clientOf is the name that a client gives itself: what it says at the init of a websocket goes before its headers.
func clientOf(header http.Header, init json.RawMessage) string {
	var members map[string]json.RawMessage
	if init != nil && json.Unmarshal(init, &members) != nil {
		members = nil
	}
	for _, name := range clientNames {
		var said string
		if decodeString(members[name], &said) && said != "" {
			return cleaned(said)
		}
	}
	for _, name := range clientNames {
		if said := header.Get(name); said != "" {
			return cleaned(said)
		}
	}
	return ""
}

// cleaned bounds a name and leaves out what a log or a metric could be hurt with.
func cleaned(name string) string {
	name = strings.ToValidUTF8(name[:min(len(name), maxClientName)], "")
	return strings.Map(func(char rune) rune {
		if !unicode.IsPrint(char) {
			return -1
		}
		return char
	}, name)
}

// remoteOf is the address that a request came from, without its port.
func remoteOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
