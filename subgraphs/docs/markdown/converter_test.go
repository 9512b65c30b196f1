package markdown_test

import (
	"sync"
	"testing"

	"devportal.internal/subgraphs/docs/markdown"
)

func TestConvertersAreMadeAtTheSameTime(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := markdown.New(markdown.Options{}).Convert([]byte("SLO\n\n*[SLO]: x"), resolve); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
