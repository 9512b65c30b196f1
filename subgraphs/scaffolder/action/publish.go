package action

import (
	"context"
	"strings"

	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/gitrepo"
)

// publish makes a repository of the workspace.
type publish struct{ publisher *gitrepo.Publisher }

func (p *publish) run(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		RepoURL          string `json:"repoUrl"`
		DefaultBranch    string `json:"defaultBranch"`
		GitCommitMessage string `json:"gitCommitMessage"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	if input.RepoURL == "" {
		return Result{}, invalid("the input repoUrl is missing")
	}
	if input.DefaultBranch == "" {
		input.DefaultBranch = "main"
	}
	if input.GitCommitMessage == "" {
		input.GitCommitMessage = "Initial commit"
	}
	place, err := p.publisher.Place(input.RepoURL)
	if err != nil {
		return Result{}, err
	}
	output := map[string]any{"remoteUrl": place.RemoteURL(), "repoContentsUrl": place.ContentsURL()}
	if request.DryRun {
		return Result{Output: output}, request.Log(ctx, scaffolder.Info, "dry run: would publish to "+place.RemoteURL())
	}
	hash, err := p.publisher.Publish(ctx, place, gitrepo.Commit{
		Files: request.Workspace, Branch: input.DefaultBranch, Message: input.GitCommitMessage,
		Author: request.Principal.Subject, Email: email(request.Principal.Subject), Time: request.TaskTime, Task: request.Effect,
	})
	if err != nil {
		return Result{}, err
	}
	output["commitHash"] = hash
	return Result{Output: output}, request.Log(ctx, scaffolder.Info, "published "+hash+" to "+place.RemoteURL())
}

// email is an address for a user of whom none is known; it leads nowhere.
func email(subject string) string {
	name := subject[strings.LastIndexAny(subject, "/:")+1:]
	return strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || r == ' ' || r < ' ' {
			return '-'
		}
		return r
	}, name) + "@portal.invalid"
}
