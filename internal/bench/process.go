package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// process is a server that runs, as the driver sees it.
type process struct {
	*kind
	greeting
	command *exec.Cmd
	stdin   io.Closer
	where   string
	id      string // of the first group of the fixture
}

// start starts a server and waits until it is ready. Directory is for its files.
func start(ctx context.Context, k *kind, directory string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{kind: k}
	switch k.name {
	case "sqlite":
		p.where = filepath.Join(directory, rand.Text())
		if err := os.Mkdir(p.where, 0o700); err != nil {
			return nil, err
		}
	case "postgres":
		p.where = "bench_" + strings.ToLower(rand.Text()[:12])
	}
	p.command = exec.Command(self, serveFlag, k.name, p.where)
	p.command.Stderr = os.Stderr
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.greeting)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", k.title, err), p.end(ctx))
	}
	return p, nil
}

// end ends the server, politely at first, and removes what it has left.
func (p *process) end(ctx context.Context) error {
	p.stdin.Close()
	impatience := time.AfterFunc(10*time.Second, func() { _ = p.command.Process.Kill() })
	_ = p.command.Wait()
	impatience.Stop()
	switch p.name {
	case "sqlite":
		return os.RemoveAll(p.where)
	case "postgres":
		return dropSchema(context.WithoutCancel(ctx), p.where)
	}
	return nil
}

// control sends a request to the other side of newControl and decodes the JSON of
// the response into it, or the text if it is a *string.
func (p *process) control(ctx context.Context, method, path string, body, answer any) error {
	data, isText := body.([]byte)
	if !isText && body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.Control+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", p.title, path, bytes.TrimSpace(text))
	}
	switch answer := answer.(type) {
	case nil:
		return nil
	case *string:
		*answer = string(text)
		return nil
	default:
		return json.Unmarshal(text, answer)
	}
}

func (p *process) load(ctx context.Context, f fixture) error {
	return p.control(ctx, "POST", "/load", f, &p.id)
}

// usage is what the server has taken so far; heap makes it collect garbage first.
func (p *process) usage(ctx context.Context, heap bool) (u usage, err error) {
	path := "/usage"
	if heap {
		path += "?heap"
	}
	return u, p.control(ctx, "GET", path, nil, &u)
}
