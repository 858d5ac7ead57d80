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

// Config configures a [Handler]. Groups (or SelectTenant) and Auth.Authenticator are
// required; every other field has a default. In production set BaseURL, since the Host
// header of a request is the client's word.
type Config struct {
	// Groups is the store of the groups.
	Groups store.GroupStore
	// SelectTenant, if not nil, picks the tenant of a request, whose groups are
	// served instead of Groups: by host name, by a path value, or by the subject. It
	// may return the errors of package store; the response is the same. Defaults to
	// nil, a single tenant.
	SelectTenant func(r *http.Request, s Subject) (Tenant, error)
	// Auth says who may come in, and what they may do.
	Auth Auth

	// BaseURL is the URL under which clients reach the service, such as
	// "https://app.example.com/scim/v2". meta.location, Location and $ref derive from
	// it. Defaults to "", which builds them from the Host header and the path of each
	// request; that suits a service that clients reach directly.
	BaseURL string
	// Dialect is how the protocol is spoken on the wire. Defaults to [SCIM2].
	Dialect Dialect
	// Profile is a published profile of SCIM 2.0 to which the Handler keeps, and says that
	// it does. It leaves no room for other dialects and for Tolerate. Defaults to
	// [NoProfile].
	Profile Profile
	// Extensions are the extension schemas of groups (RFC 7643 §3.3). Defaults to none.
	Extensions []filter.Extension
	// ResourceTypes are the types that others serve under the same base URL, such as
	// the host's users. They appear in discovery, and members of these types get a
	// $ref. Defaults to none.
	ResourceTypes []ResourceType

	// Members says what becomes of the members that clients name.
	Members Members
	// Cursors says how lists are paged by cursor (RFC 9865).
	Cursors Cursors
	// Tolerate lists the deviations from the RFCs that clients may have.
	Tolerate Tolerate
	// Limits bound what a client can make large, and how long a request may take.
	Limits Limits

	// MembershipDraft turns on /GroupMembers, by which memberships are read in pages,
	// added and removed one by one, and the extension of groups that counts their
	// members. Both follow draft-zollner-scim-group-members, an individual draft, and
	// may change with it. Defaults to false.
	MembershipDraft bool

	// OnChange, if not nil, is called with every change, after it has been made and
	// before the response. It is called concurrently and should be quick. For changes
	// that must not be missed, use the outbox of a store. Defaults to nil.
	OnChange func(ctx context.Context, e store.Event)
	// Observe, if not nil, is called at the start and the end of every request, for
	// traces and metrics. Defaults to nil.
	Observe Observe

	// DocumentationURI is published in ServiceProviderConfig. Defaults to "", which
	// leaves it out.
	DocumentationURI string
	// Logger receives the faults of the service, and never bodies, filters or
	// credentials. Defaults to [slog.Default].
	Logger *slog.Logger
}

// Auth says who may come in, and what they may do.
type Auth struct {
	// Authenticator decides who may come in; see [BearerTokens], [AuthenticatorFunc]
	// and [Anonymous]. It has no default.
	Authenticator Authenticator
	// Authorize, if not nil, decides whether a subject may do what it asks for, after
	// authentication and before anything else. It returns [ErrForbidden] (403), or an
	// error of package store. For lists and for discovery Access.GroupID is empty.
	// Defaults to nil, which allows everything.
	Authorize func(ctx context.Context, a Access) error
	// PublicDiscovery serves ServiceProviderConfig, ResourceTypes and Schemas without
	// authentication (RFC 7643 §5). Defaults to false.
	PublicDiscovery bool
}

// Members says what becomes of the members that clients name, and when members are
// shown.
type Members struct {
	// Resolver, if not nil, is asked about every member that a request adds. Defaults
	// to nil, which takes members as clients send them.
	Resolver MemberResolver
	// OnUnknown says what happens to members that Resolver does not know. Defaults to
	// [RejectUnknown].
	OnUnknown OnUnknownMember
	// ResolveBatch is the largest number of members that Resolver is asked about at a
	// time. Defaults to 1,000.
	ResolveBatch int
	// Canonical, if not nil, returns the canonical form of a member's value, for hosts
	// whose user ids may be written in more than one way: strings.ToLower, for example.
	// It is applied to every value that clients send, in filters too, and never to its
	// own result. Defaults to nil, which compares values exactly.
	Canonical func(value string) string
	// KeepOnPut leaves the members alone in a PUT without "members", which otherwise
	// clears them (RFC 7644 §3.5.1). Defaults to false.
	KeepOnPut bool
	// Returned says when members are part of a response. It is published in the
	// schema. Defaults to [MembersByDefault].
	Returned MembersReturned
}

// MembersReturned says when the members of a group are part of a response (RFC 7643
// §7).
type MembersReturned uint8

const (
	// MembersByDefault shows members unless the client excludes them.
	MembersByDefault MembersReturned = iota
	// MembersOnRequest shows members to a client that asks for them with
	// attributes=members, or has just written them.
	MembersOnRequest
	// MembersNever never shows members.
	MembersNever
)

// Cursors says how lists are paged by cursor (RFC 9865). A cursor is sealed and
// carries the place of its page and the totalResults of the first, which all pages of
// a walk share; the service keeps nothing.
type Cursors struct {
	// Keys seal cursors; each has at least 16 random bytes. The first seals, all of
	// them open, so that keys can be rotated. Set the same keys wherever a service runs
	// more than once. Defaults to a random key, whose cursors are good for one Handler.
	Keys [][]byte
	// Timeout is how long a cursor is good. Defaults to 0, without end.
	Timeout time.Duration
}

// Tolerate lists the deviations from the RFCs that clients may have.
type Tolerate struct {
	// Quirks are tolerated for all clients. Defaults to [patch.Default].
	Quirks patch.Quirks
	// QuirksFor, if not nil, returns the quirks for a subject, so that each client is
	// given what it needs. If it returns 0, Quirks apply. Defaults to nil.
	QuirksFor func(s Subject) patch.Quirks
	// OnQuirk, if not nil, is called with each quirk that made a difference to a
	// request, once, after the response: it shows what clients really send. It is
	// called concurrently. Defaults to nil.
	OnQuirk func(ctx context.Context, t Tolerance)
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
	// is longer than Limits.Filter.MaxLength and a body larger than MaxBody do not
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

// Limits bound what a client can make large, and how long a request may take.
type Limits struct {
	// MaxBody is the largest body, in bytes; a larger one is 413. Defaults to 8 MiB.
	MaxBody int64
	// Body bounds what a body may contain.
	Body patch.Limits
	// Filter bounds filters and paths.
	Filter filter.Limits
	// MaxBulkOperations is the largest number of operations of a bulk request. Defaults
	// to 1,000.
	MaxBulkOperations int
	// MaxListMembers is the size of the largest group whose members are part of a list.
	// Larger groups are listed without members; fetch the group to read them. Defaults
	// to 0, no bound: members of large groups are streamed into the list.
	MaxListMembers int
	// MaxCount is the largest page of a list (filter.maxResults). Defaults to 1,000.
	MaxCount int
	// DefaultCount is the size of a page when the client does not name one. Defaults to
	// 100, or MaxCount if that is less.
	DefaultCount int
	// MaxIndex is the largest startIndex. Defaults to 10,000,000.
	MaxIndex int

	// Timeout is how long a request may take, as a deadline of the context that hooks
	// and the store get. When it expires, the response is 503; a client that does not
	// send its body in that time gets 408, and one that does not take a piece of a
	// response for that long is disconnected. A shorter ReadTimeout or WriteTimeout of
	// the host's http.Server takes precedence. Defaults to 0, no deadline, which leaves
	// slow clients to the http.Server.
	Timeout time.Duration
	// MaxInFlight is the largest number of requests served at a time; further ones are
	// 503 with Retry-After, before anything is read of them. Defaults to 0, no bound.
	MaxInFlight int
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
	if c.Auth.Authenticator == nil {
		return nil, errors.New("scim: Config.Auth.Authenticator is missing; write scim.Anonymous to let everybody in")
	}
	if v, ok := c.Auth.Authenticator.(interface{ validate() error }); ok {
		if err := v.validate(); err != nil {
			return nil, err
		}
	}
	if c.Members.Returned > MembersNever {
		return nil, fmt.Errorf("scim: unknown Config.Members.Returned %d", c.Members.Returned)
	}
	if name := negative(reflect.ValueOf(c)); name != "" {
		return nil, fmt.Errorf("scim: Config.%s is negative", name)
	}
	l := &c.Limits
	orDefault(&l.MaxBody, 8<<20)
	l.Body, l.Filter = l.Body.Effective(), l.Filter.Effective()
	orDefault(&c.Members.ResolveBatch, 1_000)
	orDefault(&l.MaxBulkOperations, 1_000)
	orDefault(&l.MaxCount, 1_000)
	orDefault(&l.DefaultCount, min(100, l.MaxCount))
	orDefault(&l.MaxIndex, 10_000_000)
	if l.DefaultCount > l.MaxCount {
		return nil, errors.New("scim: Limits.DefaultCount is above Limits.MaxCount")
	}
	if err := c.Profile.conform(&c); err != nil {
		return nil, err
	}
	c.Tolerate.Quirks = cmp.Or(c.Tolerate.Quirks, patch.Default)

	h := &Handler{
		config:    c,
		dialect:   c.Dialect.orDefault(),
		log:       c.Logger,
		quirks:    c.Dialect.orDefault().Quirks(c.Tolerate.Quirks),
		gate:      gate{most: int64(c.Limits.MaxInFlight)},
		challenge: challengeScheme(c.Auth.Authenticator.Schemes()),
	}
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
	o := patch.Options{
		Limits:           l.Body,
		Filter:           l.Filter,
		KeepMembersOnPut: c.Members.KeepOnPut,
		CanonicalMember:  c.Members.Canonical,
		Interoperable:    c.Profile != NoProfile,
	}
	h.dialect.Compile(&o)
	var resolve func(ctx context.Context, members []store.Member) ([]store.Member, error)
	if c.Members.Resolver != nil {
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
	if h.cursors, err = wire.NewCursors(c.Cursors.Keys, c.Cursors.Timeout); err != nil {
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
		switch h.config.Members.Returned {
		case MembersOnRequest:
			s.Attributes[i] = a.WithReturned(schema.AttributeReturnedRequest())
		case MembersNever:
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

// setTypes notes which resource types are served where, and returns their endpoints.
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
			return nil, fmt.Errorf(
				"scim: resource type %q needs a name, a schema, an endpoint like /Users and no negative MaxBody",
				t.Name,
			)
		}
		if _, taken := endpoints[t.Name]; taken || types[name] != "" && types[name] != t.Name ||
			wire.SCIM2.Endpoint(name) != wire.NoEndpoint {
			return nil, fmt.Errorf("scim: resource type %q or its endpoint is duplicate", t.Name)
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
