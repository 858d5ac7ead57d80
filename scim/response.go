package scim

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// response is what an endpoint returns. [exchange.send] sends it, and nothing else does.
type response struct {
	status int
	// location is the URL of the resource, etag its version. Defaults to "", none.
	location, etag string
	// header and value are a further header field. Defaults to "", none.
	header, value string

	// The content is a group, which has an ID then, a list of groups, or body; or there is
	// none.
	group  store.Group
	list   *wire.List // of groups
	groups []store.Group
	body   []byte

	// projection says what is shown of a group and of the groups of a list. Without one,
	// group only identifies the resource.
	projection *wire.Projection
	// fallback is sent in place of group if that cannot be completed: a change that was
	// made must not be denied.
	fallback *store.Group
	// shown is the number of resources in body.
	shown int

	// forward, if not nil, writes the response of another resource type.
	forward func(w http.ResponseWriter)
}

// noContent is a response without content.
func noContent() (response, error) { return response{status: http.StatusNoContent}, nil }

// send sends a response. If it fails after the response has begun, the client has part of
// one.
func (x *exchange) send(r *response) error {
	switch {
	case r.forward != nil:
		// If the handler panics after it has begun, that must not pass for a whole response.
		w := &observed{ResponseWriter: x.out.w}
		defer func() { x.out.status = w.status }()
		r.forward(w)
		return nil
	case r.list != nil:
		return x.sendList(r)
	case r.group.ID != "" && r.projection != nil:
		err := x.sendGroup(r, &r.group)
		if err != nil && r.fallback != nil && x.out.status == 0 {
			return x.sendGroup(r, r.fallback)
		}
		return err
	}
	if r.group.ID != "" {
		x.identify(&r.group)
	}
	x.seen.groups = r.shown
	x.out.whole(r, r.body)
	return nil
}

// sendGroup sends a group, with its members in pieces if there are many.
func (x *exchange) sendGroup(r *response, g *store.Group) error {
	if err := x.addMetadata(g, r.projection); err != nil {
		return err
	}
	x.seen.groups = 1
	x.identify(g)
	e := wire.GroupEncoder{GroupFormat: &x.h.format, Base: x.base(), Projection: r.projection}
	buf := buffers.Get().(*[]byte)
	b, err := x.appendGroup(r, (*buf)[:0], &e, g, &service.Members{Groups: x.tenant.Groups})
	if err == nil {
		x.out.end(r, b)
	}
	release(buf, b)
	return err
}

// sendList sends a list of groups.
func (x *exchange) sendList(r *response) error {
	x.seen.groups = len(r.groups)
	r.list.Items = len(r.groups)
	e := wire.GroupEncoder{GroupFormat: &x.h.format, Base: x.base(), Projection: r.projection}
	members := service.Members{Groups: x.tenant.Groups, Listed: true}
	buf := buffers.Get().(*[]byte)
	b := wire.AppendListHead((*buf)[:0], x.h.dialect, r.list)
	for i := range r.groups {
		if i > 0 {
			b = append(b, ',')
		}
		g := &r.groups[i]
		err := x.addMetadata(g, r.projection)
		if err == nil {
			b, err = x.appendGroup(r, b, &e, g, &members)
		}
		if err != nil {
			release(buf, b)
			return err
		}
		b = x.out.spill(r, b)
	}
	b = append(b, "]}"...)
	x.out.end(r, b)
	release(buf, b)
	return nil
}

// appendGroup appends a group whose members may come from the store in pieces, and sends
// what has been written whenever it is long, so that no more than one piece is in memory.
func (x *exchange) appendGroup(
	r *response,
	b []byte,
	e *wire.GroupEncoder,
	g *store.Group,
	members *service.Members,
) ([]byte, error) {
	b = e.AppendHead(b, g)
	for last := []store.Member(nil); e.Projection.HasMembers(); {
		if x.out.head && x.out.status != 0 {
			return b, nil // none of the rest is going to be sent
		}
		piece, err := members.Next(x.ctx, g, last)
		if err != nil {
			// A group that was deleted meanwhile is an error too: what has been sent of it
			// must not pass for the whole group.
			return b, err
		}
		if len(piece) == 0 {
			break
		}
		e.Fetch(piece)
		for i := range piece {
			b = x.out.spill(r, e.AppendMember(b, &piece[i]))
		}
		if x.out.err != nil {
			return b, context.Canceled // the client is gone, which is not logged
		}
		last = piece
	}
	return e.AppendEnd(b), nil
}

// identify sets the header fields that identify a group.
func (x *exchange) identify(g *store.Group) {
	var buf [256]byte
	b := wire.AppendGroupURL(buf[:0], x.base(), g.ID)
	end := len(b)
	both := string(g.Version.Append(b))
	x.out.set("Location", locationValue, both[:end])
	x.out.set("Content-Location", contentLocationValue, both[:end]) // RFC 7643 §3.1
	x.out.set("Etag", etagValue, both[end:])
}

// output writes the response of one request.
type output struct {
	w       http.ResponseWriter
	head    bool          // the request is a HEAD, so no content is sent
	server  *http.Server  // that received the request
	timeout time.Duration // of writing a piece
	media   string        // the media type of content

	status int   // that was sent; 0 if the response has not begun
	err    error // of writing
	timed  bool  // see inTime
	values [headerValues]string
}

// What set keeps the values of.
const (
	contentTypeValue = iota
	contentLengthValue
	cacheControlValue
	locationValue
	contentLocationValue
	etagValue
	headerValues
)

// set sets a header field, by its canonical name. The value is in memory of this output,
// so that it takes no allocation, and is not shared: middleware may write to it.
func (o *output) set(name string, at int, value string) {
	o.values[at] = value
	o.w.Header()[name] = o.values[at : at+1 : at+1]
}

// cacheControl keeps responses, which contain personal data, out of shared caches, and
// makes clients revalidate them.
const cacheControl = "private, no-cache"

// begin sends the status and the header. length is that of the content, or -1 if it is not
// known.
func (o *output) begin(r *response, length int) {
	if r.header != "" {
		o.w.Header().Set(r.header, r.value)
	}
	if r.location != "" {
		o.set("Location", locationValue, r.location)
		o.set("Content-Location", contentLocationValue, r.location)
	}
	if r.etag != "" {
		o.set("Etag", etagValue, r.etag)
	}
	if r.status != http.StatusNoContent {
		o.set("Cache-Control", cacheControlValue, cacheControl)
		if r.status != http.StatusNotModified {
			o.set("Content-Type", contentTypeValue, o.media)
			if length >= 0 {
				o.set("Content-Length", contentLengthValue, strconv.Itoa(length))
			}
		}
	}
	o.status = r.status
	o.w.WriteHeader(r.status)
}

// whole sends a response whose content is b.
func (o *output) whole(r *response, b []byte) {
	o.begin(r, len(b))
	if o.head || len(b) == 0 {
		return
	}
	o.timed = len(b) > buffered && o.inTime()
	_, o.err = o.w.Write(b)
	o.taken()
}

// buffered is the length that net/http accepts without waiting for the client.
const buffered = 2 << 10

// spillAt is the length of the pieces in which content is sent.
const spillAt = 64 << 10

// spill sends b and returns an empty slice of its memory, if b is long.
func (o *output) spill(r *response, b []byte) []byte {
	if len(b) < spillAt {
		return b
	}
	if o.status == 0 {
		o.begin(r, -1)
	}
	o.write(b)
	return b[:0]
}

func (o *output) write(b []byte) {
	if o.head || o.err != nil {
		return
	}
	o.timed = o.inTime()
	_, o.err = o.w.Write(b)
}

// end sends the rest of the content.
func (o *output) end(r *response, b []byte) {
	if o.status == 0 {
		o.whole(r, b)
		return
	}
	o.write(b)
	o.taken()
}

// inTime gives the client the timeout to take what is written next, so that it does not
// hold its place for ever, unless the host has set a shorter one for the whole response. It
// reports whether it did; taken ends that.
func (o *output) inTime() bool {
	if o.timeout <= 0 {
		return false
	}
	if host := o.server.WriteTimeout; host > 0 && host < o.timeout {
		return false
	}
	// Not every ResponseWriter has deadlines; then the server's own must do.
	_ = http.NewResponseController(o.w).SetWriteDeadline(time.Now().Add(o.timeout))
	return true
}

// taken leaves what the server still has to write to the timeout of the host.
func (o *output) taken() {
	if !o.timed || o.err != nil { // an error means that the client is gone
		return
	}
	var deadline time.Time
	if host := o.server.WriteTimeout; host > 0 {
		deadline = time.Now().Add(host)
	}
	_ = http.NewResponseController(o.w).SetWriteDeadline(deadline)
}

// buffers are used while content is being encoded.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// release puts a buffer back, with the memory of b, unless that has become large.
func release(buf *[]byte, b []byte) {
	const keepAtMost = 128 << 10
	if cap(b) <= keepAtMost {
		*buf = b[:0]
		buffers.Put(buf)
	}
}
