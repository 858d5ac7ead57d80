package scim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
)

// withUsers is a service whose users somebody else serves.
func withUsers(t *testing.T, c scim.Config, users http.HandlerFunc) http.Handler {
	t.Helper()
	c.ResourceTypes = userType()
	c.ResourceTypes[0].Handler = users
	c.ResourceTypes[0].MaxBody = 1000
	return newHandler(t, c)
}

// What others serve need not have bounds of its own.
func TestTheHandlerOfAnotherTypeIsNotGivenWhatIsTooLarge(t *testing.T) {
	asked := 0
	h := withUsers(t, scim.Config{Limits: scim.Limits{Filter: filter.Limits{MaxLength: 100}}}, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/scim+json")
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"413","detail":"no"}`)
	})
	long := strings.Repeat("(", 101)
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		scimType                 string
		asked                    bool
	}{
		{"a filter within the limit reaches it", "GET", "/Users" + query("filter", long[1:]), "", 200, "", true},
		{"a long filter does not", "GET", "/Users" + query("filter", long), "", 400, "invalidFilter", false},
		{"nor does a second one", "GET", "/Users" + query("filter", "a", "filter", long), "", 400, "invalidFilter", false},
		{"nor one of a single user", "GET", "/Users/1" + query("filter", long), "", 400, "invalidFilter", false},
		{"a body within the limit reaches it", "POST", "/Users", strings.Repeat(" ", 1000), 200, "", true},
		{"a large body does not", "POST", "/Users", strings.Repeat(" ", 1001), 413, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked = 0
			do(t, h, test.method, test.path, test.body).is(t, test.status, test.scimType)
			if (asked > 0) != test.asked {
				t.Errorf("asked %d times", asked)
			}
		})
	}
	t.Run("a large body that does not say so ends early", func(t *testing.T) {
		r := httptest.NewRequest("POST", mount+"/Users", io.MultiReader(strings.NewReader(strings.Repeat(" ", 1001))))
		r.ContentLength = -1
		serve(t, h, r).is(t, 413, "")
	})
}

func TestAHalfAnswerOfTheHandlerOfAnotherTypeIsNotTakenForWhole(t *testing.T) {
	server := httptest.NewServer(withUsers(t, scim.Config{Logger: quiet()}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/Users/half":
			fmt.Fprint(w, `{"id":`)
			w.(http.Flusher).Flush()
		case "/Users/flushed":
			w.(http.Flusher).Flush()
		case "/Users/hinted":
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, `{"id":`)
			w.(http.Flusher).Flush()
		}
		panic("broken")
	}))
	defer server.Close()
	for _, id := range []string{"half", "flushed", "hinted"} {
		response, err := server.Client().Get(server.URL + "/Users/" + id)
		if err == nil {
			defer response.Body.Close()
			if text, err := io.ReadAll(response.Body); err == nil {
				t.Errorf("%s: this came as if it were all: %s", id, text)
			}
		}
	}
	response, err := server.Client().Get(server.URL + "/Users/none")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusInternalServerError {
		t.Errorf("a panic before the answer is a %d", response.StatusCode)
	}
}
