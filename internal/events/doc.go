// Package events is the portal's event log: an outbox in PostgreSQL, one relay, and live subscriptions that lose nothing.
package events
