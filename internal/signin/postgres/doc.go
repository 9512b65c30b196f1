// Package postgres keeps what sign-in has to remember for good: signing keys, tokens for tools, service accounts, and
// what providers last said of people.
package postgres
