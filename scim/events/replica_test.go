package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/events"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// TestAReplicaThatAppliesFullEventsIsEqual sends random requests to one service and the
// events of them to another one, which has no quirk other than MemberDisplay, and compares
// the groups of both.
func TestAReplicaThatAppliesFullEventsIsEqual(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			replicate(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func replicate(t *testing.T, random *rand.Rand) {
	extensions := siteExtension(t)
	e, err := events.NewEncoder(events.Options{Issuer: "https://scim.example.com", Full: true, ReplaceAsPatch: true, Extensions: extensions})
	if err != nil {
		t.Fatal(err)
	}
	replica := handler(t, scim.Config{Groups: memory.New(), Extensions: extensions, Tolerate: scim.Tolerate{Quirks: patch.MemberDisplay}})
	ids := make(map[string]string) // of the primary -> of the replica
	var told int
	primary := handler(t, scim.Config{Groups: memory.New(), Extensions: extensions,
		OnChange: func(_ context.Context, ev store.Event) {
			told++
			claims, err := e.Claims(ev)
			if err != nil {
				t.Error(err)
				return
			}
			for uri, payload := range claims.Events {
				text, err := json.Marshal(payload.Data)
				if err != nil {
					t.Error(err)
				}
				path := "/Groups/" + ids[claims.SubjectID.ID]
				status, want, body := 0, http.StatusNoContent, ""
				switch uri {
				case events.CreateFull:
					status, body = send(replica, "POST", "/Groups", string(text))
					ids[claims.SubjectID.ID], want = idOf(body), http.StatusCreated
				case events.PatchFull:
					status, body = send(replica, "PATCH", path, string(text))
				case events.Delete:
					status, body = send(replica, "DELETE", path, "")
				}
				if status != want {
					t.Errorf("%s %s: %d %s", uri, text, status, body)
				}
			}
		}})

	var groups []string
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	user := func() string { return one("u1", "u2", "u3", `u"4\`, "ü5") }
	memberJSON := func() string {
		object := map[string]any{"value": user()}
		if random.IntN(3) == 0 {
			object["type"] = "User"
		}
		if random.IntN(3) == 0 {
			object["display"] = one("Ann", "Bob")
		}
		text, _ := json.Marshal(object)
		return string(text)
	}
	path := func(sub string) string {
		value, _ := json.Marshal(user())
		text, _ := json.Marshal("members[value eq " + string(value) + "]" + sub)
		return string(text)
	}
	operation := func() string {
		switch random.IntN(10) {
		case 0, 1, 2:
			return `{"op": "add", "path": "members", "value": [` + memberJSON() + `, ` + memberJSON() + `]}`
		case 3, 4:
			return `{"op": "remove", "path": ` + path("") + `}`
		case 5:
			return `{"op": "replace", "path": "members", "value": [` + memberJSON() + `]}`
		case 6:
			return one(`{"op": "remove", "path": "externalId"}`, `{"op": "replace", "path": "externalId", "value": "x"}`)
		case 7:
			return `{"op": "replace", "path": "` + site + `:owner", "value": ` + one(`{"name": "Ann"}`, `{"name": null}`, `{"phone": "1"}`) + `}`
		case 8:
			return one(`{"op": "add", "path": "`+site+`:tags", "value": ["a", "b"]}`, `{"op": "remove", "path": "`+site+`:tags[value eq \"a\"]"}`,
				`{"op": "remove", "path": "`+site+`:owner"}`)
		}
		return one(`{"op": "replace", "path": `+path(".display")+`, "value": "Cid"}`, `{"op": "remove", "path": `+path(".display")+`}`,
			`{"op": "add", "path": `+path(".type")+`, "value": "User"}`)
	}
	const group = `"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]`
	for step := range 60 {
		switch n := random.IntN(20); {
		case n < 2 || len(groups) == 0:
			_, body := send(primary, "POST", "/Groups", fmt.Sprintf(`{%s, "displayName": "G%d", "members": [%s], "%s": {"city": "Ghent"}}`, group, step, memberJSON(), site))
			groups = append(groups, idOf(body))
		case n < 3:
			send(primary, "DELETE", "/Groups/"+groups[0], "")
			groups = groups[1:]
		case n < 6:
			send(primary, "PUT", "/Groups/"+one(groups...), fmt.Sprintf(`{%s, "displayName": "G%d", "members": [%s, %s], "%s": {"owner": {"phone": "2"}}}`, group, step, memberJSON(), memberJSON(), site))
		default:
			send(primary, "PATCH", "/Groups/"+one(groups...), `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [`+operation()+`, `+operation()+`]}`)
		}
	}
	if told < 10 {
		t.Errorf("only %d changes were told of", told)
	}
	if len(groups) == 0 {
		return
	}
	for _, id := range groups {
		_, want := send(primary, "GET", "/Groups/"+id, "")
		_, got := send(replica, "GET", "/Groups/"+ids[id], "")
		if diff := cmp.Diff(content(t, want), content(t, got)); diff != "" {
			t.Errorf("-primary +replica:\n%s", diff)
		}
	}
}

// content returns a group without what each service sets, and with members by value.
func content(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	delete(object, "id")
	delete(object, "meta")
	members, _ := object["members"].([]any)
	byValue := make(map[string]any)
	for _, m := range members {
		byValue[m.(map[string]any)["value"].(string)] = m
	}
	object["members"] = byValue
	return object
}

func handler(t testing.TB, c scim.Config) http.Handler {
	t.Helper()
	c.Auth.Authenticator = scim.Anonymous
	h, err := scim.NewHandler(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func send(h http.Handler, method, path, body string) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func idOf(body string) string {
	var group struct{ ID string }
	if json.Unmarshal([]byte(body), &group) != nil || group.ID == "" {
		panic("no id in " + body)
	}
	return group.ID
}
