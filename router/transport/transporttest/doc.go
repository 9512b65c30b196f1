// Package transporttest sends operations over every transport that carries them, for tests that must hold on all.
//
// A Carrier takes the JSON object of one request (GraphQL over HTTP, section 5.1) to an endpoint, and brings back the
// response map that comes first, in whatever frames it came.
package transporttest
