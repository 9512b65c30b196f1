package action

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/filereader"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/gitrepo"
	"devportal.internal/subgraphs/scaffolder/nunjucks"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// CodeInputInvalid is the code of the fault that an input of the wrong shape causes.
const CodeInputInvalid = "ACTION_INPUT_INVALID"

// Request is one call of an action.
type Request struct {
	// Effect names what the action does outside, for this task, step and iteration: it is the same when it is done again.
	Effect    string
	DryRun    bool
	Principal auth.Principal
	// TaskTime is when the task was made, StepTime when the step was begun for the first time.
	TaskTime, StepTime time.Time
	// TemplateLocation is where the template's file is, as "file:/path" or "url:https://…".
	TemplateLocation string
	Input            map[string]any
	Workspace        *workspace.Workspace
	Renderer         *nunjucks.Renderer
	// Log tells those who follow the task.
	Log func(ctx context.Context, level scaffolder.Level, message string) error
}

// Result is what came of a call.
type Result struct {
	Output map[string]any
	// Created are the references of entities that the action brought into the catalog.
	Created []string
}

// Action is something that steps can do.
type Action struct {
	// Writes says that it changes the workspace.
	Writes bool
	Run    func(ctx context.Context, request *Request) (Result, error)
}

// Deps are what actions reach the outside with.
type Deps struct {
	Files     *filereader.Files
	URLs      scaffolder.URLReader
	Publisher *gitrepo.Publisher
	Graph     scaffolder.Graph
}

// All are the actions, by name.
func All(deps Deps) map[string]Action {
	source := &source{files: deps.Files, urls: deps.URLs}
	register := &register{graph: deps.Graph}
	publish := &publish{publisher: deps.Publisher}
	return map[string]Action{
		"fetch:plain":      {Writes: true, Run: source.plain},
		"fetch:template":   {Writes: true, Run: source.template},
		"fs:rename":        {Writes: true, Run: renameFiles},
		"fs:delete":        {Writes: true, Run: deleteFiles},
		"catalog:write":    {Writes: true, Run: writeEntity},
		"catalog:register": {Run: register.run},
		"debug:log":        {Run: logMessage},
		"debug:wait":       {Run: wait},
		"publish:git":      {Run: publish.run},
	}
}

// decode reads an input into a struct with json tags.
func decode(input map[string]any, into any) error {
	const op = "action.decode"
	raw, err := json.Marshal(input)
	if err != nil {
		return fault.Internal(op, err)
	}
	err = json.Unmarshal(raw, into)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return invalid("the input %s is a %s, where a %s is expected", mismatch.Field, mismatch.Value, mismatch.Type.Kind())
	}
	if err != nil {
		return invalid("the input cannot be read")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fault.Invalid("action.Run", format, args...).WithCode(CodeInputInvalid)
}
