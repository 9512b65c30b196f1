package verify_test

import (
	"os"
	"strings"
	"testing"

	"devportal.internal/deploy/verify"
)

const smallImage = `FROM golang:1.26-bookworm AS build
RUN go build -o /out ./cmd/portal
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out /portal
USER 65532:65532
ENTRYPOINT ["/portal"]
`

func TestDockerfile(t *testing.T) {
	t.Parallel()
	t.Run("of the portal makes a small image that runs as an ordinary user", func(t *testing.T) {
		t.Parallel()
		file, err := os.Open("../Dockerfile")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		problems, err := verify.Dockerfile(file)
		if err != nil {
			t.Fatal(err)
		}
		noProblems(t, problems)
	})

	t.Run("of the least that is needed has no problem", func(t *testing.T) {
		t.Parallel()
		problems, err := verify.Dockerfile(strings.NewReader(smallImage))
		if err != nil {
			t.Fatal(err)
		}
		noProblems(t, problems)
	})

	for name, test := range map[string]struct{ replace, by, want string }{
		"build on any version":         {"golang:1.26-bookworm", "golang", "builds on whatever golang is today"},
		"build on the latest version":  {"golang:1.26-bookworm", "golang:latest", "builds on whatever golang:latest"},
		"ship a whole distribution":    {"FROM scratch", "FROM debian:12", "brings along all of debian:12"},
		"run as root":                  {"USER 65532:65532\n", "", "is not an ordinary user"},
		"run as a user by name":        {"USER 65532:65532", "USER portal", "is not an ordinary user"},
		"start through a shell":        {`ENTRYPOINT ["/portal"]`, "ENTRYPOINT /portal", "has no entry point"},
		"trust nobody":                 {" /etc/ssl/certs/ca-certificates.crt\nCOPY", " /certificates\nCOPY", "has no certificates"},
		"download without saying what": {"RUN go", "ADD https://example.com/tool /tool\nRUN go", "uses ADD"},
		"keep a secret":                {"RUN go", "ENV GIT_TOKEN=x\nRUN go", "keeps GIT_TOKEN in the image"},
		"keep a secret in its history": {"RUN go", "ARG NPM_PASSWORD\nRUN go", "keeps NPM_PASSWORD"},
		"run commands where there are none": {
			"USER 65532", "RUN true\nUSER 65532", "runs a command",
		},
	} {
		t.Run("must not "+name, func(t *testing.T) {
			t.Parallel()
			problems, err := verify.Dockerfile(strings.NewReader(strings.Replace(smallImage, test.replace, test.by, 1)))
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, problems, test.want)
		})
	}

	t.Run("must parse", func(t *testing.T) {
		t.Parallel()
		if _, err := verify.Dockerfile(strings.NewReader("FROM scratch\nCOPPY a b\n")); err == nil {
			t.Error("there is no error")
		}
	})
}
