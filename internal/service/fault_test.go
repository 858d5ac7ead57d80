package service_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

func TestFaults(t *testing.T) {
	secret := errors.New("secret text")
	for _, c := range []struct {
		err  error
		want string // status, scimType, Retry-After, whether it is internal
	}{
		{fault.Mutability("id"), "400 mutability  false"},
		{fmt.Errorf("wrapped: %w", fault.New(404, "none")), "404   false"},
		{&scimerrors.ScimError{Status: 409}, "409   false"},
		{(*scimerrors.ScimError)(nil), "500   true"},
		{scimerrors.ScimError{Detail: "no status"}, "500   true"},
		{store.ErrNotFound, "404   false"},
		{fmt.Errorf("%w: %w", store.ErrUnavailable, store.ErrNotFound), "503  5 false"},
		{store.ErrVersionMismatch, "412   false"},
		{store.ErrNoTarget, "400 noTarget  false"},
		{store.ErrImmutable, "400 mutability  false"},
		{store.ErrClearRefused, "400 invalidValue  false"},
		{store.ErrTooMany, "400 tooMany  false"},
		{&store.ConflictError{Attribute: "displayName"}, "409 uniqueness  false"},
		{&store.InvalidError{Attribute: "displayName", Reason: "is bad"}, "400 invalidValue  false"},
		{&store.UnknownMemberError{Values: []string{"a"}}, "400 invalidValue  false"},
		{&store.CycleError{Value: "g"}, "400 invalidValue  false"},
		{&store.ThrottledError{RetryAfter: 1100 * time.Millisecond}, "429  2 false"},
		{&store.ThrottledError{}, "429  1 false"},
		{store.ErrUnavailable, "503  5 true"},
		{context.DeadlineExceeded, "503  5 true"},
		{context.Canceled, "503  5 false"},
		{secret, "500   true"},
	} {
		f := service.FaultOf(c.err)
		if got := fmt.Sprint(f.Status, " ", f.ScimType, " ", f.RetryAfter, " ", f.Internal); got != c.want {
			t.Errorf("%v becomes %q, want %q", c.err, got, c.want)
		}
		if strings.Contains(f.Detail, "secret") {
			t.Errorf("the client learns %q", f.Detail)
		}
	}
}

func TestAFaultNamesFewMembers(t *testing.T) {
	f := service.FaultOf(&store.UnknownMemberError{Values: strings.Fields(strings.Repeat("u ", 11))})
	if n := strings.Count(f.Detail, `"u"`); n != 10 || !strings.HasSuffix(f.Detail, ", …") {
		t.Errorf("the detail is %s", f.Detail)
	}
}
