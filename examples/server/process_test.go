package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asServer makes the test binary a server, so that tests can start and kill
// processes of it.
const asServer = "SCIMGROUPS_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	// The test holds the other end. If it ends, however it does, so does this.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	main()
}

const (
	startWithin = time.Minute
	stopWithin  = 30 * time.Second
)

// process is a server that runs in a process of its own.
type process struct {
	*client
	cmd    *exec.Cmd
	stderr bytes.Buffer // not to be read before ended is closed
	output bytes.Buffer // stdout, likewise
	ready  chan string  // the URL that it listens on; closed without one if there is none
	ended  chan struct{}
}

// launch starts a process in a directory, "" for that of the test, with a free
// port, and does not wait for it. It is killed when the test ends.
func launch(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{ready: make(chan string, 1), ended: make(chan struct{})}
	p.cmd = exec.Command(executable, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), asServer+"=1")
	p.cmd.Stderr = &p.stderr
	if _, err := p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(io.TeeReader(stdout, &p.output))
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				p.ready <- url
			}
		}
		close(p.ready)
		_ = p.cmd.Wait() // its state tells
	}()
	t.Cleanup(p.kill)
	return p
}

// start launches a process and waits until it listens.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := launch(t, dir, args...)
	p.await(t)
	return p
}

func (p *process) await(t *testing.T) {
	t.Helper()
	select {
	case url, ok := <-p.ready:
		if !ok {
			<-p.ended
			t.Fatalf("the server did not start: %v\n%s", p.cmd.ProcessState, &p.stderr)
		}
		p.client = newClient(url, token)
	case <-time.After(startWithin):
		p.kill()
		t.Fatalf("the server does not listen after %v\n%s", startWithin, &p.stderr)
	}
}

// kill ends the process at once (SIGKILL), as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // which may be over
	<-p.ended
}

// stop ends the process as a service manager does, and checks that it went well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server has ended before: %v", err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		p.kill()
		t.Errorf("the server was still there %v after SIGTERM", stopWithin)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	p.clean(t)
}

// clean checks that a process which has ended has not complained of itself.
func (p *process) clean(t *testing.T) {
	t.Helper()
	for _, sign := range []string{"DATA RACE", "panic", "fatal error"} {
		if bytes.Contains(p.stderr.Bytes(), []byte(sign)) {
			t.Errorf("the server said:\n%s", &p.stderr)
			return
		}
	}
}
