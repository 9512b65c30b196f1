package ingest_test

import (
	"strings"
	"testing"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/ingest"
)

func TestThePasswordOfAURLIsNotRepeated(t *testing.T) {
	t.Parallel()
	client := urlreader.New(urlreader.Options{})
	t.Cleanup(client.Close)
	keeper, err := ingest.New(ingest.Options{URLs: client})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{
		"https://robin:hunter2@example.com/catalog-info.yaml", "ftp://robin:hunter2@example.com/x",
		"https://robin:hunter2@exa mple.com/%zz", "https://example.com/*.yaml?token=hunter2",
	} {
		_, err := keeper.Register(t.Context(), catalog.LocationURL, target)
		message, _ := fault.Message(err)
		if message == "" || strings.Contains(message, "hunter2") {
			t.Errorf("%s: %q", target, message)
		}
	}
}
