package service_test

import (
	"net/http"
	"testing"

	"github.com/scimgroups/scimgroups/internal/service"
)

func TestPreconditions(t *testing.T) {
	for name, c := range map[string]struct {
		header      http.Header
		write, read bool // allowed
		unchanged   bool
	}{
		"no header asks for nothing":                 {nil, true, true, false},
		"If-Match with the version holds":            {http.Header{"If-Match": {`W/"7"`}}, true, true, false},
		"If-Match with a strong tag holds":           {http.Header{"If-Match": {`"7"`}}, true, true, false},
		"If-Match without quotes holds":              {http.Header{"If-Match": {`7`}}, true, true, false},
		"If-Match with a list that has it holds":     {http.Header{"If-Match": {`W/"6", W/"7"`}}, true, true, false},
		"If-Match on two lines that have it holds":   {http.Header{"If-Match": {`W/"6"`, `W/"7"`}}, true, true, false},
		"If-Match with a star holds":                 {http.Header{"If-Match": {`*`}}, true, true, false},
		"If-Match with another version does not":     {http.Header{"If-Match": {`W/"8"`}}, false, false, false},
		"If-Match that is empty does not":            {http.Header{"If-Match": {``}}, false, false, false},
		"If-Match with the version in zeros doesn't": {http.Header{"If-Match": {`W/"07"`}}, false, false, false},
		"If-None-Match with the version":             {http.Header{"If-None-Match": {`W/"7"`}}, false, true, true},
		"If-None-Match with a star":                  {http.Header{"If-None-Match": {`*`}}, false, true, true},
		"If-None-Match with another version":         {http.Header{"If-None-Match": {`W/"8"`}}, true, true, false},
		"If-Match goes before If-None-Match":         {http.Header{"If-Match": {`W/"8"`}, "If-None-Match": {`W/"7"`}}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			conditions := service.ParsePreconditions(c.header["If-Match"], c.header["If-None-Match"])
			if got := conditions.Condition().Check(7) == nil; got != c.write {
				t.Errorf("a write is allowed: %v, want %v", got, c.write)
			}
			unchanged, err := conditions.NotModified(7)
			if (err == nil) != c.read || unchanged != c.unchanged {
				t.Errorf("a read returns %v, %v", unchanged, err)
			}
			if got := conditions.Any(); got != (len(c.header) > 0) {
				t.Errorf("there is a condition: %v", got)
			}
		})
	}
}
