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
// README, or of the package comment, and finds a fault that is put into it.
func TestAHostProvesItsMountWithTheLinesOfTheREADME(t *testing.T) {
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
	main := read("examples/nethttp/main.go")
	write("main.go", main)
	write("users.go", read("examples/nethttp/users.go"))
	// The package comment leaves it to the host how it makes its handler.
	write("handler.go", `package main

import (
	"bytes"
	"io"
	"net/http"
)

func newHandler() (http.Handler, error) { return newMux("secret", "https://app.example.com/scim/v2") }

func faulty(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		body = bytes.ReplaceAll(body, []byte("\"members[value eq "), []byte("\"members[value ne "))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		h.ServeHTTP(w, r)
	})
}
`)
	pasted := func(code string) {
		t.Helper()
		if n := strings.Count(strings.TrimSpace(code), "\n") + 1; !strings.Contains(code, "scimtest.Run(") || n > 12 {
			t.Fatalf("%d lines of code:\n%s", n, code)
		}
		write("groups_test.go", "package main\n\nimport (\n\t\"testing\"\n\n\t\""+module+"/scim/scimtest\"\n)\n\n"+code+"\n")
	}
	test := func() (string, error) {
		command := exec.Command("go", "test", "-mod=mod", "-count=1", ".")
		command.Dir = dir
		command.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
		out, err := command.CombinedOutput()
		return string(out), err
	}

	var lines []string
	for _, line := range strings.Split(read("scim/scimtest/doc.go"), "\n") {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			lines = append(lines, code)
		}
	}
	pasted(strings.Join(lines, "\n"))
	if out, err := test(); err != nil {
		t.Fatalf("the mount does not pass with the lines of the package comment: %v\n%s", err, out)
	}
	_, section, _ := strings.Cut(read("README.md"), "\n## Prove it\n")
	_, code, _ := strings.Cut(section, "```go\n")
	code, _, _ = strings.Cut(code, "```")
	pasted(code)
	if out, err := test(); err != nil {
		t.Fatalf("the mount does not pass with the lines of the README: %v\n%s", err, out)
	}
	write("main.go", strings.Replace(main, `mux.Handle("/scim/v2/", groups)`, `mux.Handle("/scim/v2/", faulty(groups))`, 1))
	out, err := test()
	if err == nil || !regexp.MustCompile(`--- FAIL: TestGroups/H20_remove_with_a_value_path`).MatchString(out) ||
		!strings.Contains(out, "Okta, Entra ID and authentik remove members this way") {
		t.Errorf("the fault is not found: %v\n%.3000s", err, out)
	}
}
