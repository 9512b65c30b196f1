package live

import (
	"context"

	"devportal.internal/internal/events"
)

// Source is where a subscription's events come from: a topic of a log, or the events of some keys in it.
type Source struct {
	Log    *events.Log
	Topic  string
	Filter events.Filter
}

// Show says what an event is to the subscriber: nil when it is nothing to them. An event with last true is the last.
type Show[T any] func(ctx context.Context, event events.Event) (answer *T, last bool, err error)

// Follow gives an answer for each event after the cursor that a client sent; from now on when it sent none. The channel
// is closed when the context ends, after the last answer, or at an error, which the transport tells.
func Follow[T any](ctx context.Context, source Source, after *string, show Show[T]) (<-chan *T, error) {
	cursor, err := source.Log.Start(ctx, source.Topic, after)
	if err != nil {
		return nil, err
	}
	return FollowFrom(ctx, source, cursor, show)
}

// FollowFrom is [Follow] from a cursor that is known, such as the start of the log.
func FollowFrom[T any](ctx context.Context, source Source, cursor events.Cursor, show Show[T]) (<-chan *T, error) {
	subscription, err := source.Log.Subscribe(ctx, source.Topic, cursor, source.Filter)
	if err != nil {
		return nil, err
	}
	answers := make(chan *T)
	go func() {
		defer close(answers)
		defer subscription.Close()
		if err := forward(ctx, subscription, answers, show); err != nil && ctx.Err() == nil {
			end(ctx, err)
		}
	}()
	return answers, nil
}

func forward[T any](ctx context.Context, subscription *events.Subscription, answers chan<- *T, show Show[T]) error {
	for {
		event, err := subscription.Next(ctx)
		if err != nil {
			return err
		}
		answer, last, err := show(ctx, event)
		if err != nil {
			return err
		}
		if answer != nil {
			select {
			case answers <- answer:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if last {
			return nil
		}
	}
}
