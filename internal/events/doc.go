// Package events is the portal's event log: an outbox in PostgreSQL, one relay, and live subscriptions that miss
// nothing.
//
//	transaction ──Append──> events.outbox ──relay──> events.log ──> Consumer (a projection, same database)
//	                                            │         └──catch-up──┐
//	                                            └──> Redis stream ──> reader ──> Subscription, Subscription, …
//
// Terms:
//
//	topic         a stream of events, such as "catalog"; topics are constants of the program, never a client's text
//	key           what an event is about; events of one topic and key keep their order
//	cursor        a place in the log; opaque to clients
//	relay         the one process (an advisory lock) that moves committed events from the outbox to the log, where it
//	              gives them cursors
//	reader        the one goroutine a process and topic that follows the log for all subscribers of the process
//	subscription  one subscriber: first catches up from PostgreSQL, then gets what the reader reads
//	consumer      a durable reader: its position is stored in the transaction that writes what it derives
//	horizon       the cursor of the last event that is no longer kept; an older cursor has expired
//	removal       an event that says that its key is gone
//
// A sequence number taken inside the causing transaction would lose the events of one that commits late: a reader would
// have gone past them. So cursors are given after the commit, by one writer, whose own transactions are serialised by
// the row in events.head: in events.log, positions become visible in ascending order.
//
// Redis only makes it faster. A message names the position before its own, so that a reader sees each gap and fills it
// from PostgreSQL; where Redis is away, the reader asks PostgreSQL.
//
// Invariant: a subscriber sees every event of its topic and filter after its cursor, once, in order, or is told that it
// cannot: CURSOR_EXPIRED, or a [SlowError] with its last cursor.
//
// Compaction keeps the latest event of each key, unless it is a removal, so that a projection can be rebuilt from the
// start of the log at any time.
package events
