package live

import (
	"context"

	"devportal.internal/internal/events"
)

// Now is the cursor of the present as a client gets it: what comes after it is what a list that is read next does not show.
func Now(ctx context.Context, log *events.Log, topic string) (string, error) {
	cursor, err := log.Head(ctx, topic)
	if err != nil {
		return "", err
	}
	return cursor.String(), nil
}
