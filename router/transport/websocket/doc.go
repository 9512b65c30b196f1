// Package websocket is the server's end of websockets (RFC 6455), made for very many that are mostly silent: a connection
// that waits holds no buffer, and nobody but the one goroutine that waits for its next message.
//
//	http.Request ─ Accept ─▶ Conn ─┬─ Read, one goroutine: messages; answers pings and closes
//	                               └─ Write, Ping, Close: any goroutine
//
// Bounds: a message has at most its limit in bytes, and memory for it is taken as it arrives, not as its header claims; it
// must arrive within the time of patience once its first byte has; a write that takes longer fails. No extension is
// negotiated: a frame is what it says.
package websocket
