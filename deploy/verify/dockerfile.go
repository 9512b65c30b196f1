package verify

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Dockerfile checks an image's description: that it builds on named versions and ends in a small image that runs one
// program as an ordinary user.
func Dockerfile(text io.Reader) ([]string, error) {
	parsed, err := parser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parse the Dockerfile: %w", err)
	}
	stages, arguments, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, fmt.Errorf("understand the Dockerfile: %w", err)
	}
	var problems problems
	names := map[string]bool{"scratch": true}
	for _, stage := range stages {
		report := problems.about("stage " + stage.BaseName)
		checkBase(report, stage.BaseName, names, arguments)
		names[stage.Name] = true
		for _, command := range stage.Commands {
			checkCommand(report, command)
		}
	}
	if len(stages) > 0 {
		checkLast(problems.about("the last stage"), stages[len(stages)-1])
	}
	return problems.found, nil
}

// checkBase wants a base to be an earlier stage, or an image of a named version.
func checkBase(report report, base string, earlier map[string]bool, arguments []instructions.ArgCommand) {
	for _, argument := range arguments {
		for _, pair := range argument.Args {
			if pair.Value != nil {
				base = strings.ReplaceAll(base, "${"+pair.Key+"}", *pair.Value)
			}
		}
	}
	_, tag, _ := strings.Cut(base[strings.LastIndex(base, "/")+1:], ":")
	if !earlier[base] && (tag == "" || tag == "latest") && !strings.Contains(base, "@sha256:") {
		report("builds on whatever %s is today", base)
	}
}

// checkCommand refuses downloads without a checksum, and secrets that would stay in the image.
func checkCommand(report report, command instructions.Command) {
	secret := regexp.MustCompile(`(?i)(secret|password|token|api_?key)`)
	switch command := command.(type) {
	case *instructions.AddCommand:
		report("uses ADD, where COPY says what it does")
	case *instructions.EnvCommand:
		for _, pair := range command.Env {
			if secret.MatchString(pair.Key) {
				report("keeps %s in the image", pair.Key)
			}
		}
	case *instructions.ArgCommand:
		for _, pair := range command.Args {
			if secret.MatchString(pair.Key) {
				report("keeps %s in the image's history", pair.Key)
			}
		}
	}
}

// checkLast wants the image that is shipped to be empty but for what was copied into it.
func checkLast(report report, stage instructions.Stage) {
	if stage.BaseName != "scratch" && !strings.Contains(stage.BaseName, "distroless") {
		report("brings along all of %s", stage.BaseName)
	}
	user, entrypoint, certificates := "", false, false
	for _, command := range stage.Commands {
		switch command := command.(type) {
		case *instructions.UserCommand:
			user = command.User
		case *instructions.EntrypointCommand:
			entrypoint = !command.PrependShell && len(command.CmdLine) > 0
		case *instructions.CopyCommand:
			certificates = certificates || strings.Contains(command.DestPath, "ca-certificates")
		case *instructions.RunCommand:
			report("runs a command, which an empty image cannot")
		}
	}
	if !regexp.MustCompile(`^[1-9][0-9]*(:[1-9][0-9]*)?$`).MatchString(user) {
		report("runs as the user %q, which is not an ordinary user by number", user)
	}
	if !entrypoint {
		report("has no entry point in the form of a list")
	}
	if !certificates {
		report("has no certificates to trust")
	}
}
