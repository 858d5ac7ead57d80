package scim

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
)

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{h: h, r: r, ctx: r.Context(), quirks: h.quirks, out: output{
		w:       w,
		head:    r.Method == http.MethodHead,
		server:  serverOf(r),
		timeout: h.config.Limits.Timeout,
		media:   h.dialect.MediaType(),
	}}
	defer x.observe()()
	defer x.recover()
	if err := x.serve(); err != nil {
		x.fail(err)
	}
	x.reportQuirks()
}

// exchange is one request and what is known of it.
type exchange struct {
	h       *Handler
	r       *http.Request
	ctx     context.Context // with the subject
	route   wire.Route
	subject Subject
	quirks  patch.Quirks // of the subject
	tenant  Tenant       // whose groups are served; see selectTenant
	id      string       // see requestID
	out     output
	seen    seen
}

// seen is what the host's hooks are told of a request.
type seen struct {
	method                 string       // that was obeyed
	used                   patch.Quirks // that made a difference
	added, removed, groups int
	failure                error
}

// serve serves one request, within the bounds of the Handler.
func (x *exchange) serve() error {
	if !x.h.gate.enter() {
		return errBusy
	}
	defer x.h.gate.leave()
	defer x.deadline()()
	r, err := x.respond()
	if err != nil {
		return err
	}
	return x.send(&r)
}

// respond routes and authenticates the request, and calls its endpoint.
func (x *exchange) respond() (response, error) {
	x.route = x.h.router.Route(x.r.URL.EscapedPath())
	rt := &x.route
	if !(x.h.config.Auth.PublicDiscovery && rt.Endpoint.IsDiscovery()) {
		if err := x.authenticate(); err != nil {
			return response{}, err
		}
	}
	if rt.Endpoint == wire.NoEndpoint {
		return response{}, fault.New(http.StatusNotFound, "there is no such endpoint")
	}
	if rt.Version != "" {
		return response{}, fault.BadRequest(
			invalidVers,
			"this is version %s of the protocol, not %s",
			x.h.dialect.Version(),
			rt.Version,
		)
	}
	method := x.method()
	x.seen.method = method
	switch {
	case rt.Endpoint == wire.OtherEndpoint:
		return x.forward()
	case rt.Endpoint == wire.MeEndpoint:
		return response{}, fault.New(http.StatusNotImplemented, "/Me is not supported")
	case rt.Endpoint == wire.BulkEndpoint && !x.h.dialect.Bulk():
		return response{}, fault.New(http.StatusNotImplemented, "/Bulk is not supported")
	case !wire.Allows(x.h.dialect.Methods(rt.Endpoint), method):
		return x.otherMethod(method)
	}
	switch rt.Endpoint {
	case wire.GroupsEndpoint:
		if method == http.MethodPost {
			return x.createGroup()
		}
		return x.listGroups()
	case wire.GroupSearchEndpoint, wire.RootSearchEndpoint:
		return x.searchGroups()
	case wire.GroupEndpoint:
		switch method {
		case http.MethodPut:
			return x.changeGroup(OperationReplace)
		case http.MethodPatch:
			return x.changeGroup(OperationPatch)
		case http.MethodDelete:
			return x.deleteGroup()
		}
		return x.getGroup()
	case wire.BulkEndpoint:
		return x.bulk()
	case wire.MembershipsEndpoint:
		if method == http.MethodPost {
			return x.addGroupMember()
		}
		return x.listGroupMembers()
	case wire.MembershipEndpoint:
		if method == http.MethodDelete {
			return x.removeGroupMember()
		}
		return x.getGroupMember()
	}
	return x.discover()
}

// authenticate finds out who sent the request, and which quirks it may have.
func (x *exchange) authenticate() error {
	subject, err := x.h.config.Auth.Authenticator.Authenticate(x.r)
	if err != nil {
		return err
	}
	x.subject = subject
	x.ctx = context.WithValue(x.ctx, subjectKey{}, subject)
	if f := x.h.config.Tolerate.QuirksFor; f != nil {
		x.quirks = x.h.dialect.Quirks(cmp.Or(f(subject), x.quirks))
	}
	return nil
}

// method returns the method of the request, or that of X-HTTP-Method-Override where
// it is obeyed.
func (x *exchange) method() string {
	if x.r.Method != http.MethodPost {
		return x.r.Method
	}
	switch m := strings.ToUpper(x.r.Header.Get("X-HTTP-Method-Override")); m {
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if x.tolerates(patch.MethodOverride) {
			return m
		}
	}
	return x.r.Method
}

// forward passes a request on to the handler of another resource type, within the bounds
// that hold for groups.
func (x *exchange) forward() (response, error) {
	path, err := url.PathUnescape(x.route.Tail)
	if err != nil {
		return response{}, fault.New(http.StatusNotFound, "there is no such endpoint")
	}
	if err := wire.EachParameter(x.r.URL.RawQuery, func(name, value string) error {
		if most := x.h.config.Limits.Filter.MaxLength; name == "filter" && len(value) > most {
			return fault.InvalidFilter("the filter is longer than %d bytes", most)
		}
		return nil
	}); err != nil {
		return response{}, err
	}
	to := x.h.others[x.route.ID]
	if x.r.ContentLength > to.maxBody {
		return response{}, &http.MaxBytesError{Limit: to.maxBody}
	}
	r := x.r.WithContext(x.ctx)
	u := *x.r.URL
	u.Path, u.RawPath = "/"+path, "/"+x.route.Tail
	r.URL = &u
	r.Body = http.MaxBytesReader(x.out.w, r.Body, to.maxBody)
	return response{forward: func(w http.ResponseWriter) { to.ServeHTTP(w, r) }}, nil
}

// otherMethod serves OPTIONS, and refuses a method that the endpoint does not have (RFC
// 9110 §15.5.6).
func (x *exchange) otherMethod(method string) (response, error) {
	allow := x.h.dialect.Methods(x.route.Endpoint)
	if method == http.MethodOptions {
		return response{status: http.StatusNoContent, header: "Allow", value: allow}, nil
	}
	return response{}, &httpError{header: "Allow", value: allow,
		ScimError: scimError(http.StatusMethodNotAllowed, "this endpoint has the methods "+allow)}
}

// authorize asks the host whether the subject may do this, and selects the tenant.
func (x *exchange) authorize(op Operation, id string) error {
	if f := x.h.config.Auth.Authorize; f != nil {
		if err := f(x.ctx, Access{Subject: x.subject, Operation: op, GroupID: id}); err != nil {
			return err
		}
	}
	if op == OperationDiscover {
		return nil
	}
	return x.selectTenant()
}

// selectTenant picks the groups that the request concerns, once for all that it does.
func (x *exchange) selectTenant() error {
	if x.tenant.Groups != nil {
		return nil
	}
	f := x.h.config.SelectTenant
	if f == nil {
		x.tenant.Groups = x.h.config.Groups
		return nil
	}
	tenant, err := f(x.r, x.subject)
	if err != nil {
		return err
	}
	if tenant.Groups == nil {
		return errors.New("scim: Config.SelectTenant returned no store")
	}
	x.tenant = tenant
	return nil
}

// requestID returns the client's X-Request-Id if it is usable, or else a new id.
func (x *exchange) requestID() string {
	if x.id != "" {
		return x.id
	}
	if x.id = service.RequestID(x.r.Header.Get("X-Request-Id")); x.id != "" {
		return x.id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	x.id = hex.EncodeToString(b[:])
	return x.id
}

func (x *exchange) base() string { return x.h.baseOf(x.r, x.route.Tail) }

// service returns the service at the base URL of this request, which may not be known
// before there is a request.
func (x *exchange) service() *service.Service {
	if x.h.base != "" {
		return x.h.service
	}
	return x.h.service.At(x.base())
}

// compiler returns the Compiler for this request.
func (x *exchange) compiler() *patch.Compiler { return x.service().Compiler(x.quirks) }
