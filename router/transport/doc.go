// Package transport carries GraphQL operations between clients and an Engine: GraphQL over HTTP (POST and GET), both
// websocket subprotocols, server-sent events (distinct connections and the single connection mode) and multipart.
//
// Terms:
//
//   - An Engine answers operations; the transports know nothing of schemas. It prepares a Request into an Operation
//     (parsed, limited, validated, planned), which is then executed once or streamed.
//   - A Result is one whole response, already encoded; a Stream is a sequence of them (a subscription, or an operation
//     with @defer).
//   - A Caller is who is asking, as the Authenticate hook found: its identity keys what may be shared between requests.
//   - A Refusal is what stops an operation before it has data: errors with stable codes, and an HTTP status.
//
// The path of a request:
//
//	           origin, CSRF ─▶ authenticate ─▶ read and decode ─▶ Engine.Prepare ─▶ Execute / Stream
//	HTTP       403                401 403          400 413 415        400 405
//	websocket  403 before upgrade 4403 at init     4400               error message
//
// Main invariant: every transport takes a request through the same functions in the same order, so that a limit, a
// right or a measurement that holds on one holds on all; and everything that a client makes this package keep is
// bounded in bytes, in number and in time.
//
// Close codes of websockets, beside 1000 (the client said so):
//
//	1001 the server is going away: reconnect        4406 no acceptable subprotocol
//	1009 message over the size limit                4408 no connection_init in time
//	1013 too many sockets: try again later          4409 an operation with this id runs already
//	4400 not a message of the protocol              4429 a second connection_init
//	4401 subscribe or start before the init
//	4403 forbidden at init, or the token expired
//
// A token is renewed in-band, before it expires, by a `ping` message with the payload {"renew": {…}}, whose value is
// what connection_init would carry; the identity must stay the same.
package transport
