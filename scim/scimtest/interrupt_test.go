package scimtest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/store/memory"
)

// interruptedURL names the service of a test that is to be interrupted.
const interruptedURL = "SCIMTEST_INTERRUPTED_URL"

// The test of a host is interrupted as from a terminal.
func TestAnInterruptedTestLeavesNothing(t *testing.T) {
	if url := os.Getenv(interruptedURL); url != "" {
		scimtest.Run(t, scimtest.Target{URL: url, Token: token}, scimtest.Options{Rate: 200})
		return
	}
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be interrupted there")
	}
	groups := memory.New()
	h := newHandler(t, scim.Config{Groups: groups})
	created := make(chan struct{}, 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		if r.Method == "POST" {
			created <- struct{}{}
		}
	}))
	defer server.Close()
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), interruptedURL+"="+server.URL+"/scim/v2")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for range 7 {
		select {
		case <-created:
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing is created: %s", out.String())
		}
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Errorf("the test passes:\n%s", out.String())
	}
	if !bytes.Contains(out.Bytes(), []byte("/A02_")) || bytes.Contains(out.Bytes(), []byte("/N25_")) {
		t.Errorf("the test does not end:\n%s", out.String())
	}
	if left := names(t, groups); left != nil {
		t.Errorf("it left %q:\n%s", left, out.String())
	}
}
