package scim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// Config says what a [Handler] serves, to whom, and how. Groups (or SelectTenant)
// and Authenticate are required; every other field has a default. In production set
// BaseURL, since the Host header of a request is the client's word, and Timeout,
// without which nothing but the host's http.Server bounds slow clients.
type Config struct {
	// Groups is where the groups are.
	Groups store.GroupStore
	// SelectTenant, if not nil, picks the tenant of a request, whose groups are
	// served instead of Groups: by host name, by a path value, or by the subject.
	// Its errors are answered like those of a store.
	SelectTenant func(r *http.Request, s Subject) (Tenant, error)

	// Authenticate decides who may come in; see [BearerTokens],
	// [AuthenticatorFunc] and [Anonymous].
	Authenticate Authenticator
	// Authorize, if not nil, decides whether a subject may do what it asks for,
	// after authentication and before anything else. It answers [ErrForbidden]
	// (403), or another error that is answered like one of a store. For lists and
	// for discovery Access.GroupID is empty.
	Authorize func(ctx context.Context, a Access) error
	// PublicDiscovery serves ServiceProviderConfig, ResourceTypes and Schemas
	// without authentication (RFC 7643 §5).
	PublicDiscovery bool

	// Dialect is how the protocol is spoken on the wire. Defaults to [SCIM2].
	Dialect Dialect

	// BaseURL is the URL under which clients reach the service, such as
	// "https://app.example.com/scim/v2". It is where meta.location, Location and
	// $ref come from. If it is empty, they are built from the Host header and the
	// path of each request, which suits services that nothing stands in front of.
	BaseURL string

	// Extensions are the extension schemas of groups (RFC 7643 §3.3).
	Extensions []filter.Extension
	// ResourceTypes are the types that somebody else serves under the same base
	// URL, such as the host's users. They appear in discovery, and members of
	// these types get a $ref.
	ResourceTypes []ResourceType

	// Limits bound what a client can make large.
	Limits Limits
	// Quirks are the deviations from the RFCs to tolerate. Defaults to [patch.Default].
	Quirks patch.Quirks

	// QuirksFor, if not nil, returns the quirks for a subject, so that each client is
	// given what it needs. If it returns 0, Quirks apply.
	QuirksFor func(s Subject) patch.Quirks
	// OnQuirk, if not nil, is told of each quirk that made a difference to a
	// request, once, after it was answered: it shows what one's clients send. It is
	// called concurrently.
	OnQuirk func(ctx context.Context, t Tolerance)

	// KeepMembersOnPut leaves the members alone in a PUT without "members", which
	// otherwise clears them (RFC 7644 §3.5.1).
	KeepMembersOnPut bool
	// CanonicalMember, if not nil, gives the canonical form of a member's value,
	// for hosts whose user ids may be written in more than one way:
	// strings.ToLower, say. It is applied to all that clients send, filters
	// included, and never to its own result.
	CanonicalMember func(value string) string

	// Members says when members are part of an answer: filter.ReturnedDefault,
	// filter.ReturnedRequest (only to who asks for them with attributes=members, or
	// has just written them) or filter.ReturnedNever. It is published in the schema.
	Members filter.Returned

	// GroupMembers turns /GroupMembers on, by which memberships can be read in pages,
	// added and removed one by one, and the extension of groups that tells how many
	// there are. Both follow draft-zollner-scim-group-members, which is an individual
	// draft: they may change with it.
	GroupMembers bool

	// MemberResolver, if not nil, is asked about every member that a request adds.
	MemberResolver MemberResolver
	// UnknownMembers says what to do with those that it does not know.
	UnknownMembers UnknownMembers
	// ResolveAtATime is how many members it is asked about at a time; default 1,000.
	ResolveAtATime int

	// CursorKeys seal the cursors of RFC 9865; each has at least 16 random bytes. A
	// cursor carries the place of its page and the totalResults of the first, which
	// all pages of a walk tell.
	// The first one seals, all of them open, so that keys can be rotated. If there
	// is none, a random one is made, and cursors are good for this Handler only:
	// set the same keys wherever a service runs more than once.
	CursorKeys [][]byte
	// CursorTimeout is how long a cursor is good; 0 means for ever, which costs the
	// service nothing.
	CursorTimeout time.Duration

	// OnChange, if not nil, is told of every change, after it has been made and
	// before it is answered. It is called concurrently and should be quick; what it
	// must not miss belongs into a store's outbox instead.
	OnChange func(ctx context.Context, e store.Event)
	// Observe, if not nil, is called at the start and the end of every request, for
	// traces and metrics.
	Observe Observe

	// Timeout is how long a request may take, as a deadline of the context that
	// hooks and the store get; 0 means no deadline. What runs out is answered 503. A
	// client that does not send its body in that time is answered 408, and one that
	// does not take a piece of an answer for that long is given up; a shorter
	// ReadTimeout or WriteTimeout of the host's http.Server holds instead, and where
	// Timeout is 0 they are all that there is against slow clients.
	Timeout time.Duration
	// InFlight is how many requests may be served at a time; 0 means no bound. More
	// are answered 503 with Retry-After, before anything is read of them.
	InFlight int

	// DocumentationURI is published in ServiceProviderConfig if not empty.
	DocumentationURI string
	// Logger receives what goes wrong in the service (never bodies, filters or
	// credentials); nil means slog.Default().
	Logger *slog.Logger
}

// Tenant is one of several whose groups a Handler serves. Nothing of another
// tenant can be seen, counted or changed; even cursors are good for their own
// tenant only.
type Tenant struct {
	// Name tells tenants apart.
	Name string
	// Groups of the tenant.
	Groups store.GroupStore
}

// ResourceType is a resource type that somebody else serves under the base URL of
// the Handler (RFC 7643 §6).
type ResourceType struct {
	// Name, such as "User"; also its id in /ResourceTypes.
	Name string
	// Endpoint relative to the base URL, such as "/Users".
	Endpoint    string
	Description string
	Schema      schema.Schema
	Extensions  []filter.Extension
	// Handler, if not nil, serves the requests for the endpoint, after they have
	// been authenticated as those for groups are; [SubjectFrom] tells it the
	// subject, and authorization is its own business. It sees the path from the
	// endpoint on (/Users/1), as a Server of elimity-com/scim expects it. If it is
	// nil the host's mux has to route the endpoint elsewhere. A filter in the URL that
	// is longer than [Limits].MaxFilterLength and a body larger than MaxBody do not
	// reach it.
	Handler http.Handler
	// MaxBody is the largest body in bytes that the Handler gets; default
	// [Limits].MaxBody. Servers that parse filters and paths without a bound, as that
	// of elimity-com/scim does, need a small one: 64 KiB of parentheses keep it busy
	// for seconds, 200 KiB end the process.
	MaxBody int64
}

// other is what serves the resources of another type.
type other struct {
	http.Handler
	maxBody int64
}

// Limits bound what a client can make large. A zero field means its default.
type Limits struct {
	// MaxBody is the largest body in bytes; default 8 MiB. More is answered 413.
	MaxBody int64
	// Body bounds what a body may hold.
	Body patch.Limits
	// Filter bounds filters and paths.
	Filter filter.Limits
	// MaxBulkOperations is how many operations a bulk request may have; default
	// 1,000.
	MaxBulkOperations int
	// MaxListMembers is the size of the largest group whose members are part of a
	// list; those of larger ones are left out there, and are to be had from the
	// group itself. Default 0, which is no bound: members of large groups are
	// streamed into the list.
	MaxListMembers int
	// MaxCount is the largest page of a list (filter.maxResults); default 1,000.
	// DefaultCount is the size of a page when the client does not say; default 100.
	MaxCount, DefaultCount int
	// MaxIndex is the largest startIndex; default 10,000,000.
	MaxIndex int
}

// negative returns the name of the first number in a configuration that is negative, or
// "". Each of them is a bound.
func negative(config reflect.Value) string {
	for i := range config.NumField() {
		name, value := config.Type().Field(i).Name, config.Field(i)
		switch {
		case value.CanInt() && value.Int() < 0:
			return name
		case value.Kind() == reflect.Struct:
			if in := negative(value); in != "" {
				return name + "." + in
			}
		}
	}
	return ""
}

func orDefault[T int | int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// Handler serves SCIM groups over HTTP. It is safe for concurrent use. It routes
// by the end of the path, so it may be mounted under any prefix, with
// http.StripPrefix or without. A prefix that has the name of an endpoint in it
// (/Groups/scim, say) needs a BaseURL with that prefix, or http.StripPrefix.
type Handler struct {
	config      Config
	dialect     wire.Dialect
	router      wire.Router
	log         *slog.Logger
	base        string // BaseURL without trailing slash, or ""
	service     *service.Service
	quirks      patch.Quirks
	format      wire.GroupFormat
	shown       *service.Projection // of requests without attributes and excludedAttributes
	everything  *wire.Projection    // the same
	others      map[string]*other   // endpoint without slash -> who serves it
	challenge   string              // scheme of a Challenge that names none
	cursors     *wire.Cursors
	members     *schema.Schema // of memberships; nil unless they are turned on
	memberships *service.Memberships
	gate        gate
	discovery   *wire.Discovery
}

// NewHandler checks the configuration and builds a Handler.
func NewHandler(c Config) (*Handler, error) {
	if c.Groups == nil && c.SelectTenant == nil {
		return nil, errors.New("scim: Config.Groups is missing")
	}
	if c.Authenticate == nil {
		return nil, errors.New("scim: Config.Authenticate is missing; write scim.Anonymous to let everybody in")
	}
	if v, ok := c.Authenticate.(interface{ validate() error }); ok {
		if err := v.validate(); err != nil {
			return nil, err
		}
	}
	if c.Members == filter.ReturnedAlways {
		return nil, errors.New("scim: Config.Members cannot be filter.ReturnedAlways: clients may exclude members")
	}
	if name := negative(reflect.ValueOf(c)); name != "" {
		return nil, fmt.Errorf("scim: Config.%s is negative", name)
	}
	c.Quirks = cmp.Or(c.Quirks, patch.Default)
	l := &c.Limits
	orDefault(&l.MaxBody, 8<<20)
	l.Body, l.Filter = l.Body.Effective(), l.Filter.Effective()
	orDefault(&c.ResolveAtATime, 1_000)
	orDefault(&l.MaxBulkOperations, 1_000)
	orDefault(&l.MaxCount, 1_000)
	orDefault(&l.DefaultCount, min(100, l.MaxCount))
	orDefault(&l.MaxIndex, 10_000_000)
	if l.DefaultCount > l.MaxCount {
		return nil, errors.New("scim: Limits.DefaultCount is above Limits.MaxCount")
	}

	h := &Handler{config: c, dialect: c.Dialect.orDefault(), log: c.Logger, quirks: c.Quirks | c.Dialect.orDefault().Quirks(), gate: gate{most: int64(c.InFlight)},
		challenge: challengeScheme(c.Authenticate.Schemes())}
	if h.log == nil {
		h.log = slog.Default()
	}
	if err := h.setBase(c.BaseURL); err != nil {
		return nil, err
	}
	if err := h.setGroupMembers(); err != nil {
		return nil, err
	}
	endpoints, err := h.setTypes()
	if err != nil {
		return nil, err
	}
	table, err := filter.NewTable(h.definition())
	if err != nil {
		return nil, err
	}
	o := patch.Options{Limits: l.Body, Filter: l.Filter, KeepMembersOnPut: c.KeepMembersOnPut, CanonicalMember: c.CanonicalMember}
	h.dialect.Compile(&o)
	var resolve func(ctx context.Context, members []store.Member) ([]store.Member, error)
	if c.MemberResolver != nil {
		resolve = h.resolveMembers
	}
	h.service, err = service.New(service.Config{
		Table: table, Endpoints: endpoints, Patch: o, Quirks: h.quirks, Resolve: resolve,
		NamesAreIDs: h.dialect.NamesAreIDs(), SelectsNothing: h.dialect.SelectsNothing,
		MaxIndex: l.MaxIndex, MaxCount: l.MaxCount, DefaultCount: l.DefaultCount, MaxListMembers: l.MaxListMembers,
		InPieces: true,
	}, h.base)
	if err != nil {
		return nil, fmt.Errorf("scim: %w", err)
	}
	if h.members != nil {
		if h.memberships, err = service.NewMemberships(h.service, *h.members); err != nil {
			return nil, err
		}
	}
	if h.cursors, err = wire.NewCursors(c.CursorKeys, c.CursorTimeout); err != nil {
		return nil, err
	}
	if h.shown, err = h.service.Projection(nil, nil, nil); err != nil {
		return nil, err
	}
	h.everything = wire.NewProjection(table, h.shown.Wants)
	h.format = wire.GroupFormat{Dialect: h.dialect, Endpoints: endpoints}
	for _, e := range h.config.Extensions {
		h.format.Extensions = append(h.format.Extensions, e.Schema.ID)
	}
	h.discovery, err = h.buildDiscovery()
	return h, err
}

// definition is what the attribute table is built from.
func (h *Handler) definition() filter.Definition {
	d := filter.Definition{Core: h.groupSchema(), Extensions: h.config.Extensions}
	h.dialect.Define(&d)
	return d
}

// groupSchema is the core schema with the names of the host's member types.
func (h *Handler) groupSchema() schema.Schema {
	var names []string
	for _, t := range h.config.ResourceTypes {
		if t.Name != "User" {
			names = append(names, t.Name)
		}
	}
	s := store.Schema(names...)
	for i, a := range s.Attributes {
		if a.Name() != "members" {
			continue
		}
		switch h.config.Members {
		case filter.ReturnedRequest:
			s.Attributes[i] = a.WithReturned(schema.AttributeReturnedRequest())
		case filter.ReturnedNever:
			s.Attributes[i] = a.WithReturned(schema.AttributeReturnedNever())
		}
	}
	return s
}

func (h *Handler) setBase(base string) error {
	if base == "" {
		return nil
	}
	var err error
	if h.base, err = service.BaseURL(base); err != nil {
		return fmt.Errorf("scim: Config.BaseURL: %w", err)
	}
	u, err := url.Parse(h.base)
	if err != nil {
		return err
	}
	h.router.BasePath = u.EscapedPath()
	return nil
}

// setTypes notes which resource types are served where, and answers their endpoints.
func (h *Handler) setTypes() (endpoints map[string]string, err error) {
	endpoints = map[string]string{store.ResourceType: "/Groups"}
	// References to users are understood even if nobody serves them here.
	h.others = make(map[string]*other)
	h.router.Dialect, h.router.Others = h.dialect, make(map[string]wire.Endpoint)
	if h.members != nil {
		h.router.Others["GroupMembers"] = wire.MembershipsEndpoint
	}
	types := map[string]string{"Groups": store.ResourceType, "Users": "User"}
	for _, t := range h.config.ResourceTypes {
		name := strings.TrimPrefix(t.Endpoint, "/")
		if t.Name == "" || name == "" || strings.Contains(name, "/") || t.Schema.ID == "" || t.MaxBody < 0 {
			return nil, fmt.Errorf("scim: resource type %q needs a name, a schema, an endpoint like /Users and no negative MaxBody", t.Name)
		}
		if _, taken := endpoints[t.Name]; taken || types[name] != "" && types[name] != t.Name || wire.SCIM2.Endpoint(name) != wire.NoEndpoint {
			return nil, fmt.Errorf("scim: resource type %q or its endpoint is there twice", t.Name)
		}
		endpoints[t.Name] = "/" + name
		types[name] = t.Name
		if t.Handler != nil {
			h.router.Others[name] = wire.OtherEndpoint
			h.others[name] = &other{t.Handler, cmp.Or(t.MaxBody, h.config.Limits.MaxBody)}
		}
	}
	return endpoints, nil
}
