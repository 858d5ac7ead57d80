package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAClientMakesATeam(t *testing.T) {
	teams := NewAppGroups()
	mux, err := newMux(teams, "a-token-for-this-test-only")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Developers","members":[{"value":"42"}]}`
	for token, want := range map[string]int{"a-token-for-this-test-only": http.StatusCreated, "another": http.StatusUnauthorized} {
		r := httptest.NewRequest(http.MethodPost, "/scim/v2/Groups", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/scim+json")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%d instead of %d: %s", w.Code, want, w.Body)
		}
	}
	if len(teams.teams) != 1 {
		t.Fatalf("there are %d teams", len(teams.teams))
	}
	for _, team := range teams.teams {
		if team.Name != "Developers" || len(team.Users) != 1 || team.Users[0].Value != "42" {
			t.Errorf("the team is %+v", team)
		}
	}
}
