package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"devportal.internal/cmd/portal/internal/loopback"
)

const (
	startTimeout = 2 * time.Minute
	stopTimeout  = 40 * time.Second
	askTimeout   = 30 * time.Second
	pollInterval = 50 * time.Millisecond
)

// portal is the portal that is measured.
type portal struct {
	command *exec.Cmd
	log     *os.File
	data    string
	listen  string
	admin   string
	tokens  []string
	ended   chan struct{}
}

// startPortal starts the program with a data folder of its own, waits until it is ready, and makes the tokens.
func startPortal(ctx context.Context, s settings) (*portal, error) {
	data, err := os.MkdirTemp("", "portal-bench")
	if err != nil {
		return nil, err
	}
	p := &portal{data: data, ended: make(chan struct{})}
	if err := p.start(s); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if err := p.makeTokens(ctx, s); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *portal) start(s settings) (err error) {
	var addresses loopback.Addresses
	if p.listen, err = addresses.Free(); err != nil {
		return err
	}
	if p.admin, err = addresses.Free(); err != nil {
		return err
	}
	if p.log, err = os.Create(filepath.Join(p.data, "portal.log")); err != nil {
		return err
	}
	p.command = exec.Command(s.binary, "serve", "--config", filepath.Join(s.examples, "portal.yaml"),
		"--data", p.data, "--listen", p.listen, "--admin-listen", p.admin, "--log-level", "warn",
		"--file-roots", s.examples+","+p.data, "--scaffolder-git-roots", filepath.Join(p.data, "repositories"))
	p.command.Stdout, p.command.Stderr = p.log, p.log
	if err := p.command.Start(); err != nil {
		return errors.Join(fmt.Errorf("start the portal (is it built?): %w", err), p.log.Close())
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait()
	}()
	return nil
}

func (p *portal) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if text, err := get(ctx, "http://"+p.admin+"/readyz"); err == nil && text != nil {
			return nil
		}
		select {
		case <-p.ended:
			text, _ := os.ReadFile(p.log.Name())
			return fmt.Errorf("the portal ended at once:\n%s", text)
		case <-ctx.Done():
			return fmt.Errorf("wait for the portal: %w", ctx.Err())
		case <-time.After(pollInterval):
		}
	}
}

// makeTokens gives each person a token, as the portal's command does.
func (p *portal) makeTokens(ctx context.Context, s settings) error {
	for i := range s.people {
		user := fmt.Sprintf("user:default/person-%d", i)
		token, err := exec.CommandContext(ctx, s.binary, "token", "--user", user, "--role", "developer", "--data", p.data).Output()
		if err != nil {
			return fmt.Errorf("make a token: %w", err)
		}
		p.tokens = append(p.tokens, strings.TrimSpace(string(token)))
	}
	return nil
}

// addComponents registers a file of generated components, and waits until the list has them.
func (p *portal) addComponents(ctx context.Context, count int) error {
	if count == 0 {
		return nil
	}
	file := filepath.Join(p.data, "generated.yaml")
	if err := os.WriteFile(file, generated(count), 0o600); err != nil {
		return err
	}
	input := map[string]any{"input": map[string]any{"type": "file", "target": file}}
	var registered struct {
		RegisterLocation struct{ UserErrors []struct{ Message string } }
	}
	if err := p.ask(ctx, body(register, input), &registered); err != nil {
		return fmt.Errorf("register the generated components: %w", err)
	}
	if wrong := registered.RegisterLocation.UserErrors; len(wrong) > 0 {
		return fmt.Errorf("register the generated components: %s", wrong[0].Message)
	}
	return p.awaitComponents(ctx, count)
}

func (p *portal) awaitComponents(ctx context.Context, count int) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		var data struct{ Entities struct{ TotalCount int } }
		if err := p.ask(ctx, body(counted, nil), &data); err != nil {
			return fmt.Errorf("count the generated components: %w", err)
		}
		if data.Entities.TotalCount == count {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d generated components are there: %w", data.Entities.TotalCount, count, ctx.Err())
		case <-time.After(pollInterval):
		}
	}
}

func generated(count int) []byte {
	var text bytes.Buffer
	for i := range count {
		fmt.Fprintf(&text, `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: generated-%d, namespace: generated, tags: [generated], labels: {visibility: everyone}}
spec: {type: service, lifecycle: production, owner: group:default/checkout-team}
---
`, i)
	}
	return text.Bytes()
}

// ask sends a body as the development user and decodes the data; GraphQL errors are an error.
func (p *portal) ask(ctx context.Context, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	text, err := post(ctx, http.DefaultClient, p.listen, "", body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return errors.New(answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}

func post(ctx context.Context, client *http.Client, listen, token string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+listen+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return answerOf(client.Do(request))
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return answerOf(http.DefaultClient.Do(request))
}

func answerOf(response *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.200s", response.StatusCode, text)
	}
	return text, err
}

// close stops the portal and removes its data.
func (p *portal) close() error {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		_ = p.command.Process.Kill()
		<-p.ended
	}
	return errors.Join(p.log.Close(), os.RemoveAll(p.data))
}
