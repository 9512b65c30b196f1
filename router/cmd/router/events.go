package main

import (
	"errors"
	"strings"

	"devportal.internal/router/eventsource"
	"devportal.internal/router/kafka"
	"devportal.internal/router/nats"
	"devportal.internal/router/redis/streams"
)

// sourceOfEvents is an event source with a connection.
type sourceOfEvents interface {
	eventsource.Source
	Close() error
}

// sourcesOfEvents are the event sources by name.
type sourcesOfEvents map[string]sourceOfEvents

func eventSources(urls map[string]string) (sourcesOfEvents, error) {
	sources := sourcesOfEvents{}
	for name, url := range urls {
		source, err := openEvents(url)
		if err != nil {
			sources.close()
			return nil, badSetting("setting event_sources: %s: %w", name, err)
		}
		sources[name] = source
	}
	return sources, nil
}

// openEvents opens what a URL's scheme stands for.
func openEvents(url string) (sourceOfEvents, error) {
	switch scheme, _, _ := strings.Cut(url, "://"); scheme {
	case "nats", "tls":
		return nats.Open(url)
	case "kafka", "kafkas":
		return kafka.Open(url)
	case "redis", "rediss", "unix":
		return streams.Open(url)
	default:
		return nil, errors.New("its URL must begin with redis://, rediss://, unix://, nats://, tls://, kafka:// or kafkas://")
	}
}

func (s sourcesOfEvents) named() map[string]eventsource.Source {
	named := make(map[string]eventsource.Source, len(s))
	for name, source := range s {
		named[name] = source
	}
	return named
}

func (s sourcesOfEvents) close() {
	for _, source := range s {
		_ = source.Close()
	}
}
