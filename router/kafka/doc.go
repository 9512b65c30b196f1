// Package kafka reads event sources (package eventsource) from Apache Kafka, or what speaks its protocol.
//
//	produce ─▶ topic ─ a consumer of each stream, without a group, from an offset of each partition ─▶ events
//
// Terms:
//
//   - The name of an event stream is a topic; a message is the value of a record.
//   - A cursor is the topic's id and, for each partition, the offset that is read next.
//
// Records of one partition come in their order, so that the events of an entity do if its key is the record's. Between
// partitions there is no order, but whoever comes back with a cursor gets exactly what that reader had not got. Partitions
// that a topic is given later are read from their start. Records of transactions that were not committed are no events.
//
// Main invariant: a consumer that asks for an offset that the topic no longer keeps is told so by the broker, and never set to
// another one: a reader gets every record after its cursor, or eventsource.ErrExpired. A topic that is compacted keeps, of
// each key, the last record alone: of what it has compacted, a reader that comes back gets no more than that.
package kafka
