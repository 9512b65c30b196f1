package action

import (
	"context"
	"fmt"

	"devportal.internal/subgraphs/scaffolder"
)

const maxFileOperations = 1000

func renameFiles(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		Files []struct {
			From      string `json:"from"`
			To        string `json:"to"`
			Overwrite bool   `json:"overwrite"`
		} `json:"files"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	if len(input.Files) == 0 || len(input.Files) > maxFileOperations {
		return Result{}, invalid("the input files has between 1 and %d entries, each with from and to", maxFileOperations)
	}
	for _, file := range input.Files {
		if err := request.Workspace.Rename(file.From, file.To, file.Overwrite); err != nil {
			return Result{}, err
		}
		if err := request.Log(ctx, scaffolder.Info, fmt.Sprintf("renamed %s to %s", file.From, file.To)); err != nil {
			return Result{}, err
		}
	}
	return Result{}, nil
}

func deleteFiles(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		Files []string `json:"files"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	if len(input.Files) == 0 || len(input.Files) > maxFileOperations {
		return Result{}, invalid("the input files has between 1 and %d paths or patterns", maxFileOperations)
	}
	for _, pattern := range input.Files {
		if err := request.Workspace.Remove(pattern); err != nil {
			return Result{}, err
		}
		if err := request.Log(ctx, scaffolder.Info, "deleted "+pattern); err != nil {
			return Result{}, err
		}
	}
	return Result{}, nil
}
