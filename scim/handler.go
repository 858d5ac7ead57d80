package scim

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{h: h, w: w, r: r, ctx: r.Context(), quirks: h.quirks}
	defer x.observe()()
	defer x.recover()
	if err := x.serve(); err != nil {
		x.fail(err)
	}
	x.reportQuirks()
}

// exchange is one request and its answer.
type exchange struct {
	h       *Handler
	w       http.ResponseWriter
	r       *http.Request
	ctx     context.Context // with the subject
	route   wire.Route
	subject Subject
	groups  store.GroupStore
	tenant  string // that groups belongs to
	wrote   bool   // the status has been sent
	id      string

	quirks patch.Quirks // of the subject
	used   patch.Quirks // that made a difference

	// For the Observation.
	added, removed, answered int
	failure                  error
	observedMethod           string

	values [headerValues]string // of headers
}

// What setHeader keeps the values of.
const (
	contentTypeValue = iota
	contentLengthValue
	cacheControlValue
	locationValue
	contentLocationValue
	etagValue
	headerValues
)

// setHeader sets a header, by its canonical name. The value is in memory of this
// exchange, so that it costs nothing, and is its own: middleware may write to it.
func (x *exchange) setHeader(name string, at int, value string) {
	x.values[at] = value
	x.w.Header()[name] = x.values[at : at+1 : at+1]
}

func (x *exchange) serve() error {
	if !x.h.gate.enter() {
		return errBusy
	}
	defer x.h.gate.leave()
	defer x.deadline()()
	x.route = x.h.router.Route(x.r.URL.EscapedPath())
	rt := &x.route
	if !(x.h.config.Auth.PublicDiscovery && rt.Endpoint.IsDiscovery()) {
		subject, err := x.h.config.Auth.Authenticator.Authenticate(x.r)
		if err != nil {
			return err
		}
		x.subject = subject
		x.ctx = context.WithValue(x.ctx, subjectKey{}, subject)
		if f := x.h.config.Tolerate.QuirksFor; f != nil {
			x.quirks = cmp.Or(f(subject), x.quirks) | x.h.dialect.Quirks()
		}
	}
	if rt.Endpoint == wire.NoEndpoint {
		return fault.New(http.StatusNotFound, "there is no such endpoint")
	}
	if rt.Version != "" {
		return fault.BadRequest(invalidVers, "this is version %s of the protocol, not %s", x.h.dialect.Version(), rt.Version)
	}
	method := x.method()
	x.observedMethod = method
	switch {
	case rt.Endpoint == wire.OtherEndpoint:
		return x.forward()
	case rt.Endpoint == wire.MeEndpoint:
		return fault.New(http.StatusNotImplemented, "/Me is not supported")
	case rt.Endpoint == wire.BulkEndpoint && !x.h.dialect.Bulk():
		return fault.New(http.StatusNotImplemented, "/Bulk is not supported")
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
			return x.replaceGroup()
		case http.MethodPatch:
			return x.patchGroup()
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

// forward hands a request on to who serves the resource type, within the bounds that
// hold for groups.
func (x *exchange) forward() error {
	path, err := url.PathUnescape(x.route.Tail)
	if err != nil {
		return fault.New(http.StatusNotFound, "there is no such endpoint")
	}
	if err := wire.EachParameter(x.r.URL.RawQuery, func(name, value string) error {
		if most := x.h.config.Limits.Filter.MaxLength; name == "filter" && len(value) > most {
			return fault.InvalidFilter("the filter is longer than %d bytes", most)
		}
		return nil
	}); err != nil {
		return err
	}
	to := x.h.others[x.route.ID]
	if x.r.ContentLength > to.maxBody {
		return &http.MaxBytesError{Limit: to.maxBody}
	}
	r := x.r.WithContext(x.ctx)
	u := *x.r.URL
	u.Path, u.RawPath = "/"+path, "/"+x.route.Tail
	r.URL = &u
	r.Body = http.MaxBytesReader(x.w, r.Body, to.maxBody)
	w := &observed{ResponseWriter: x.w}
	// If it panics in the midst of its answer, that must not look like a whole one.
	defer func() { x.wrote = w.status >= http.StatusOK }()
	to.ServeHTTP(w, r)
	return nil
}

// otherMethod answers OPTIONS, and 405 for a method that the endpoint does not
// have (RFC 9110 §15.5.6).
func (x *exchange) otherMethod(method string) error {
	allow := x.h.dialect.Methods(x.route.Endpoint)
	if method == http.MethodOptions {
		x.w.Header().Set("Allow", allow)
		x.status(http.StatusNoContent)
		return nil
	}
	return &httpError{header: "Allow", value: allow,
		ScimError: scimError(http.StatusMethodNotAllowed, "this endpoint has the methods "+allow)}
}

// authorize asks the host whether the subject may do this.
func (x *exchange) authorize(op Operation, id string) error {
	if f := x.h.config.Auth.Authorize; f != nil {
		if err := f(x.ctx, Access{Subject: x.subject, Operation: op, GroupID: id}); err != nil {
			return err
		}
	}
	if op == OperationDiscover {
		return nil
	}
	return x.selectStore()
}

// selectStore picks the groups that the request is about, once for all that it does.
func (x *exchange) selectStore() error {
	if x.groups != nil {
		return nil
	}
	f := x.h.config.SelectTenant
	if f == nil {
		x.groups = x.h.config.Groups
		return nil
	}
	tenant, err := f(x.r, x.subject)
	if err != nil {
		return err
	}
	if tenant.Groups == nil {
		return errors.New("scim: Config.SelectTenant answered no store")
	}
	x.tenant, x.groups = tenant.Name, tenant.Groups
	return nil
}

// requestID is the client's X-Request-Id if it is a sensible one, or a new one.
func (x *exchange) requestID() string {
	if x.id != "" {
		return x.id
	}
	if x.id = service.RequestID(x.r.Header.Get("X-Request-Id")); x.id != "" {
		return x.id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	x.id = hex.EncodeToString(b[:])
	return x.id
}

func (x *exchange) base() string { return x.h.baseOf(x.r, x.route.Tail) }

// service is the service at the base URL of this request, which may not be known
// before there is a request.
func (x *exchange) service() *service.Service {
	if x.h.base != "" {
		return x.h.service
	}
	return x.h.service.At(x.base())
}

// compiler is the Compiler for this request.
func (x *exchange) compiler() *patch.Compiler { return x.service().Compiler(x.quirks) }

// status sends an answer without content.
func (x *exchange) status(code int) {
	x.wrote = true
	x.w.WriteHeader(code)
}

// send sends an answer with content that is there as a whole.
func (x *exchange) send(code int, body []byte) {
	x.setHeader("Content-Type", contentTypeValue, x.h.dialect.MediaType())
	x.setHeader("Cache-Control", cacheControlValue, cacheControl)
	x.setHeader("Content-Length", contentLengthValue, strconv.Itoa(len(body)))
	x.status(code)
	if x.r.Method == http.MethodHead {
		return
	}
	timed := len(body) > buffered && x.answerInTime()
	// An error means that the client is gone, which nobody needs to know.
	if _, err := x.w.Write(body); err == nil && timed {
		x.answerTaken()
	}
}

// buffered is how much net/http takes without having to wait for the client.
const buffered = 2 << 10

// answerInTime gives the client the Timeout to take what is written next, so that it
// does not hold a place for ever, if the host has not set a shorter one for the whole
// answer. It reports whether there is such a time, which answerTaken ends.
func (x *exchange) answerInTime() bool {
	timeout := x.h.config.Limits.Timeout
	if timeout <= 0 {
		return false
	}
	if host := x.server().WriteTimeout; host > 0 && host < timeout {
		return false
	}
	// Not every ResponseWriter has deadlines; then the server's own must do.
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(timeout))
	return true
}

// answerTaken leaves what the server still has to write to the timeout of the host.
func (x *exchange) answerTaken() {
	var deadline time.Time
	if host := x.server().WriteTimeout; host > 0 {
		deadline = time.Now().Add(host)
	}
	_ = http.NewResponseController(x.w).SetWriteDeadline(deadline)
}

// Answers hold personal data, so no shared cache may keep them, and the client
// must ask again.
const cacheControl = "private, no-cache"

// content is an answer that is written in pieces as it grows.
type content struct {
	x    *exchange
	code int
	buf  *[]byte
	err  error // of writing

	timed bool // see answerInTime
}

// buffers are only used while an answer is being written.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

const (
	spillAt    = 64 << 10
	keepAtMost = 128 << 10
)

func (x *exchange) content(code int) *content {
	buf := buffers.Get().(*[]byte)
	return &content{x: x, code: code, buf: buf}
}

// spill sends what there is if it is much.
func (c *content) spill(b []byte) []byte {
	if len(b) < spillAt {
		return b
	}
	c.begin()
	c.write(b)
	return b[:0]
}

// write sends a piece.
func (c *content) write(b []byte) {
	if c.x.r.Method == http.MethodHead || c.err != nil {
		return
	}
	c.timed = c.x.answerInTime()
	_, c.err = c.x.w.Write(b)
}

func (c *content) begin() {
	if c.x.wrote {
		return
	}
	c.x.setHeader("Content-Type", contentTypeValue, c.x.h.dialect.MediaType())
	c.x.setHeader("Cache-Control", cacheControlValue, cacheControl)
	c.x.status(c.code)
}

// end sends the rest, and lets go of the buffer.
func (c *content) end(b []byte) {
	if !c.x.wrote {
		c.x.send(c.code, b)
	} else {
		c.write(b)
		if c.timed && c.err == nil {
			c.x.answerTaken()
		}
	}
	c.release(b)
}

func (c *content) release(b []byte) {
	if cap(b) <= keepAtMost {
		*c.buf = b[:0]
		buffers.Put(c.buf)
	}
}

// sendGroup sends a group, with its members in pieces if they are many.
func (x *exchange) sendGroup(code int, g *store.Group, p *wire.Projection) error {
	if err := x.addMetadata(g, p); err != nil {
		return err
	}
	x.answered = 1
	base := x.base()
	x.identify(g, base)
	e := wire.GroupEncoder{GroupFormat: &x.h.format, Base: base, Projection: p}
	c := x.content(code)
	b, err := x.appendStreamed(c, (*c.buf)[:0], &e, g, &service.Members{Groups: x.groups})
	if err != nil {
		c.release(b)
		return err
	}
	c.end(b)
	return nil
}

// appendStreamed appends a group whose members may come out of the store in
// pieces, and sends what there is whenever it is much, so that no more than one
// piece is in memory.
func (x *exchange) appendStreamed(c *content, b []byte, e *wire.GroupEncoder, g *store.Group, members *service.Members) ([]byte, error) {
	b = e.AppendHead(b, g)
	for last := []store.Member(nil); e.Projection.HasMembers(); {
		if x.wrote && x.r.Method == http.MethodHead {
			return b, nil // nothing that follows is going to be sent
		}
		piece, err := members.Next(x.ctx, g, last)
		if err != nil {
			// A group that was deleted in the meantime too: what has been sent of it
			// must not be taken for all that it had.
			return b, err
		}
		if len(piece) == 0 {
			break
		}
		e.Fetch(piece)
		for i := range piece {
			b = c.spill(e.AppendMember(b, &piece[i]))
		}
		if c.err != nil {
			return b, context.Canceled // the client is gone, which is nothing to log
		}
		last = piece
	}
	return e.AppendEnd(b), nil
}

// identify sets the headers of an answer that is one group.
func (x *exchange) identify(g *store.Group, base string) {
	var buf [256]byte
	b := wire.AppendGroupURL(buf[:0], base, g.ID)
	end := len(b)
	both := string(g.Version.Append(b))
	x.setHeader("Location", locationValue, both[:end])
	x.setHeader("Content-Location", contentLocationValue, both[:end]) // RFC 7643 §3.1
	x.setHeader("Etag", etagValue, both[end:])
}
