package main

import (
	"devportal.internal/router/eventsource"
	"devportal.internal/router/redis/streams"
)

// sourcesOfEvents are the event sources by name.
type sourcesOfEvents map[string]*streams.Source

func eventSources(urls map[string]string) (sourcesOfEvents, error) {
	sources := sourcesOfEvents{}
	for name, url := range urls {
		source, err := streams.Open(url)
		if err != nil {
			sources.close()
			return nil, badSetting("setting event_sources: %s: %w", name, err)
		}
		sources[name] = source
	}
	return sources, nil
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
