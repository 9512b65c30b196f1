package action

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"devportal.internal/subgraphs/scaffolder"
)

const (
	maxWait       = 10 * time.Minute
	maxListed     = 500
	standardSleep = 5 * time.Second
)

func logMessage(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		Message       any             `json:"message"`
		Extra         json.RawMessage `json:"extra"`
		ListWorkspace bool            `json:"listWorkspace"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	var lines []string
	if input.Message != nil {
		lines = append(lines, text(input.Message))
	}
	if len(input.Extra) > 0 {
		lines = append(lines, string(input.Extra))
	}
	if input.ListWorkspace {
		listed, err := list(request)
		if err != nil {
			return Result{}, err
		}
		lines = append(lines, listed)
	}
	return Result{}, request.Log(ctx, scaffolder.Info, strings.Join(lines, "\n"))
}

// text is a value as people read it.
func text(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}

func list(request *Request) (string, error) {
	lines := []string{"Workspace:"}
	err := request.Workspace.Walk(func(name string, _ fs.FileInfo) error {
		switch {
		case len(lines) <= maxListed:
			lines = append(lines, "  - "+name)
		case len(lines) == maxListed+1:
			lines = append(lines, "  - …")
		}
		return nil
	})
	return strings.Join(lines, "\n"), err
}

// wait waits from the first time on that the step was begun, so that one that is done again does not wait twice.
func wait(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		Minutes      float64 `json:"minutes"`
		Seconds      float64 `json:"seconds"`
		Milliseconds float64 `json:"milliseconds"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	seconds := input.Minutes*60 + input.Seconds + input.Milliseconds/1000
	if seconds < 0 || seconds > maxWait.Seconds() {
		return Result{}, invalid("a step waits between nothing and %s", maxWait)
	}
	length := time.Duration(seconds * float64(time.Second))
	if len(request.Input) == 0 {
		length = standardSleep
	}
	if err := request.Log(ctx, scaffolder.Info, "waiting for "+length.String()); err != nil {
		return Result{}, err
	}
	timer := time.NewTimer(time.Until(request.StepTime.Add(length)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return Result{}, nil
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}
