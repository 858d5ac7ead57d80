package patch_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// clientBodies are the bodies of the recorded requests of clients with one of
// the methods.
func clientBodies(t testing.TB, methods ...string) (bodies [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "scim", "scimtest", "transcripts", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no recordings: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var steps []struct {
			Method  string
			Body    json.RawMessage
			BodyRaw *string `json:"body_raw"`
		}
		if err := json.Unmarshal(text, &steps); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, s := range steps {
			for _, method := range methods {
				switch {
				case s.Method != method:
				case s.BodyRaw != nil:
					bodies = append(bodies, []byte(*s.BodyRaw))
				case len(s.Body) > 0 && string(s.Body) != "null":
					bodies = append(bodies, s.Body)
				}
			}
		}
	}
	return bodies
}

func TestBodiesOfRecordedClientsAreUnderstoodWhenLenient(t *testing.T) {
	c := newCompiler(t, lenient)
	for _, body := range clientBodies(t, "PATCH") {
		var message map[string]json.RawMessage
		if json.Unmarshal(body, &message) != nil || !strings.Contains(strings.ToLower(string(body)), `"operations"`) {
			continue // SCIM 1.1, or broken on purpose
		}
		if _, err := c.Patch(body); err != nil && !expectedFault(body) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// expectedFault lists the recorded bodies that no server can apply.
func expectedFault(body []byte) bool {
	return strings.Contains(string(body), "noSuch") || strings.Contains(string(body), "unknown")
}

// sample is a group that has a value for every attribute.
func sample(t testing.TB) store.Group {
	return withTeam(t, `{"domain":"d","level":1,"origin":"o","tags":["a","b"],"owner":{"name":"n","roles":["x"]},
		"contacts":[{"value":"k","type":"work","primary":true},{"value":"l","type":"home"}],"rooms":[{"value":"r","floor":1}]}`)
}

// wellFormed checks what must hold for every group.
func wellFormed(t *testing.T, g store.Group) {
	t.Helper()
	if g.DisplayName == "" {
		t.Error("the group has no displayName")
	}
	seen := map[string]bool{}
	for _, m := range g.Members {
		if m.Value == "" || seen[m.Value] {
			t.Errorf("the member %q is empty or twice there", m.Value)
		}
		seen[m.Value] = true
	}
	text, err := json.Marshal(g.Extensions)
	if err != nil {
		t.Fatal(err)
	}
	again, err := adapter.UnmarshalExtensions(text)
	if err != nil || !sameExtensions(again, g.Extensions) {
		t.Errorf("the extensions are not what encoding/json makes of them: %s", text)
	}
	if strings.Contains(string(text)+describe(g), "\x00") || strings.Contains(string(text), `\u0000`) && !strings.Contains(string(text), `\\u0000`) {
		t.Errorf("there is NUL in %s", text)
	}
}

func checkClientFault(t *testing.T, err error) {
	t.Helper()
	var se scimerrors.ScimError
	if !errors.As(err, &se) || se.Status != 400 || se.ScimType == "" || se.Detail == "" {
		t.Errorf("the error is no complete ScimError: %#v", err)
	}
}

// tryPatch compiles a body with all compilers and applies the results.
func tryPatch(t *testing.T, compilers []*patch.Compiler, body []byte) {
	t.Helper()
	for _, c := range compilers {
		e, err := c.Patch(body)
		if err != nil {
			checkClientFault(t, err)
			if e != nil {
				t.Error("there is an Edit beside the error")
			}
			continue
		}
		for _, g := range []store.Group{sample(t), {ID: "g2", DisplayName: "Empty"}} {
			after, err := change(e, g)
			switch {
			case err == nil:
				wellFormed(t, after)
			case !errors.Is(err, store.ErrNoTarget) && !errors.Is(err, store.ErrImmutable) && !errors.Is(err, store.ErrClearRefused):
				checkClientFault(t, err)
			}
		}
	}
}

func allCompilers(t testing.TB) []*patch.Compiler {
	return []*patch.Compiler{newCompiler(t, strict), newCompiler(t, tolerant), newCompiler(t, lenient)}
}

// operationSeeds are operations of every kind.
var operationSeeds = [][3]string{
	{"add", "members", `[{"value":"eve","type":"User","display":null,"$ref":null}]`},
	{"Remove", "members", `{"members":[{"value":"ada"}]}`},
	{"remove", `members[value eq "ada" or not (type eq "User" and display co "x")]`, ""},
	{"replace", `members[value eq "ada"].display`, `"A"`},
	{"replace", "", `{"id":"g1","displayName":"A","` + team + `:owner.name":"n","` + team + `":{"tags":["z"]}}`},
	{"add", team + `:contacts[type eq "work" and primary eq true].value`, `"v"`},
	{"remove", team + ":contacts", `[{"type":"work","display":null}]`},
	{"replace", team + ":level", `9007199254740993`},
	{"remove", team, ""},
	{"add", team + ":contacts", `{"value":"n","primary":"True"}`},
	{"replace", "externalId", "null"},
	{"remove", "urn:x:y[", ""},
}

func FuzzPatch(f *testing.F) {
	for _, body := range clientBodies(f, "PATCH", "POST", "PUT") {
		f.Add(body)
	}
	for _, o := range operationSeeds {
		f.Add(patchOp(operationOf(o[0], o[1], o[2])))
	}
	f.Add([]byte(`{"op":"remove","path":"members"}`))
	f.Add([]byte(`{"schemas":[],"Operations":[null]}`))
	compilers := allCompilers(f)
	f.Fuzz(func(t *testing.T, body []byte) { tryPatch(t, compilers, body) })
}

// operationOf returns an operation. A value that is not JSON is used as a string.
func operationOf(op, path, value string) string {
	o := `{"op":` + toJSON(op)
	if path != "" {
		o += `,"path":` + toJSON(path)
	}
	switch {
	case value == "":
	case json.Valid([]byte(value)):
		o += `,"value":` + value
	default:
		o += `,"value":` + toJSON(value)
	}
	return o + "}"
}

// FuzzOperation gets past the syntax of the message, to paths and values.
func FuzzOperation(f *testing.F) {
	for _, o := range operationSeeds {
		f.Add(o[0], o[1], o[2], "add", "members", `["x"]`)
	}
	compilers := allCompilers(f)
	f.Fuzz(func(t *testing.T, op, path, value, op2, path2, value2 string) {
		tryPatch(t, compilers, patchOp(operationOf(op, path, value)+","+operationOf(op2, path2, value2)))
	})
}

func FuzzResource(f *testing.F) {
	for _, body := range clientBodies(f, "POST", "PUT", "PATCH") {
		f.Add(body)
	}
	for _, attributes := range []string{
		`"displayName":"A","members":[{"value":"ada"},"bob",1],"@":{"tags":["t"],"level":9007199254740993}`,
		`"displayName":"A","displayname":"B"`,
		`"displayName":"A","@:domain":"d","@":{"owner":{"name":null}}`,
		`"displayName":"A","@":{"contacts":[{"value":"a","primary":true}],"origin":"o"}`,
	} {
		f.Add(resource(attributes))
	}
	compilers := allCompilers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, c := range compilers {
			r, err := c.Resource(body)
			if err != nil {
				checkClientFault(t, err)
				continue
			}
			wellFormed(t, r.Group())
			after, err := change(r.Replace(), sample(t))
			if err != nil {
				checkClientFault(t, err)
				continue
			}
			wellFormed(t, after)
		}
	})
}

// sameExtensions reports whether groups with these extensions have the same head.
func sameExtensions(a, b store.Extensions) bool {
	return adapter.SameHead(&store.Group{Extensions: a}, &store.Group{Extensions: b})
}
