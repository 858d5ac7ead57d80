package scimtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A module that is empty but for examples/nethttp proves its mount with the lines of the
// package comment, and finds a fault that is put into it.
func TestAHostProvesItsMountWithTheLinesOfThePackageComment(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, requirements, ok := strings.Cut(read("go.mod"), "\n\n")
	if !ok {
		t.Fatal("go.mod has no requirements")
	}
	const module = "github.com/scimgroups/scimgroups"
	write("go.mod", "module example.com/host\n\n"+requirements+"\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+root+"\n")
	write("go.sum", read("go.sum"))
	for _, name := range []string{"main.go", "users.go"} {
		write(name, read("examples/nethttp/"+name))
	}
	// How a host makes its handler is its own; and this one can have a fault.
	write("handler_test.go", `package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
)

func newHandler() (http.Handler, error) {
	mux, err := newMux("secret", "https://app.example.com/scim/v2")
	if err != nil || os.Getenv("FAULT") == "" {
		return mux, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		body = bytes.ReplaceAll(body, []byte("\"members[value eq "), []byte("\"members[value ne "))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		mux.ServeHTTP(w, r)
	}), nil
}
`)
	var lines []string
	for _, line := range strings.Split(read("scim/scimtest/doc.go"), "\n") {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			lines = append(lines, code)
		}
	}
	if len(lines) == 0 || len(lines) > 12 {
		t.Fatalf("the package comment has %d lines of code", len(lines))
	}
	write("groups_test.go", "package main\n\nimport (\n\t\"testing\"\n\n\t\""+module+"/scim/scimtest\"\n)\n\n"+strings.Join(lines, "\n")+"\n")

	test := func(env ...string) (string, error) {
		command := exec.Command("go", "test", "-mod=mod", "-count=1", ".")
		command.Dir = dir
		command.Env = append(os.Environ(), append(env, "GOFLAGS=", "GOPROXY=off", "GOWORK=off")...)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := test(); err != nil {
		t.Fatalf("the mount does not pass: %v\n%s", err, out)
	}
	out, err := test("FAULT=1")
	if err == nil || !regexp.MustCompile(`--- FAIL: TestGroups/H20_remove_with_a_value_path`).MatchString(out) ||
		!strings.Contains(out, "Okta, Entra ID and authentik remove members this way") {
		t.Errorf("the fault is not found: %v\n%.3000s", err, out)
	}
}
