package service

import (
	"context"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// Config says what a [Service] works on.
type Config struct {
	// Table has the attributes of groups.
	Table *filter.Table
	// Endpoints says where resource types are served: "/Users" for "User". It has
	// [store.ResourceType].
	Endpoints map[string]string
	// Patch are the options of request bodies.
	Patch patch.Options
	// Quirks are those that requests may have if nothing else is said.
	Quirks patch.Quirks
	// Resolve, if not nil, is called with the members that an operation adds, each value
	// once, before the store is touched. It returns those to store.
	Resolve func(ctx context.Context, members []store.Member) ([]store.Member, error)
	// NamesAreIDs says that the id of a group is its displayName, which cannot change.
	NamesAreIDs bool
	// SelectsNothing, if not nil, reports whether a filter that cannot be compiled selects
	// nothing instead of being an error.
	SelectsNothing func(filter string) bool
	// MaxIndex is the largest startIndex, MaxCount the size of the largest page.
	// DefaultCount is the size of a page for which no count is given.
	MaxIndex, MaxCount, DefaultCount int
	// MaxListMembers is the size of the largest group whose members are part of a list.
	// 0 means no bound.
	MaxListMembers int
	// InPieces leaves the members of large groups to [Members], if the store can read
	// them in pieces.
	InPieces bool
}

// Service runs operations on groups. It is immutable and safe for concurrent use.
type Service struct {
	*Config
	*attributes

	compiler   *patch.Compiler
	filters    filter.Options
	everything *Projection // without attributes and excludedAttributes
	onRequest  bool        // whether responses depend on what the client has written

	base, path string            // the base URL, and its path
	types      map[string]string // endpoint without a slash -> resource type
}

// New returns a Service at a base URL, as [Service.At] does.
func New(c Config, base string) (*Service, error) {
	types, err := typesOf(c.Endpoints)
	if err != nil {
		return nil, err
	}
	s := &Service{Config: &c, attributes: attributesOf(c.Table), types: types, onRequest: hasOnRequest(c.Table)}
	s.compiler, s.filters = patch.NewCompiler(c.Table, c.Patch), filter.Options{Limits: c.Patch.Filter}
	s.everything, err = NewProjection(c.Table, nil, nil, nil)
	return s.At(base), err
}

// At returns the Service at a base URL, which has no slash at its end. It is "" if the
// URL is not known.
func (s *Service) At(base string) *Service {
	at := *s
	at.base, at.path = base, pathOf(base)
	at.filters.Rewrite = at.rewrite
	at.compiler = s.compiler.With(at.request(s.Quirks))
	return &at
}

// Compiler returns the compiler of request bodies that may have quirks.
func (s *Service) Compiler(quirks patch.Quirks) *patch.Compiler {
	if quirks == s.Quirks {
		return s.compiler
	}
	return s.compiler.With(s.request(quirks))
}

// resolving returns a compiler of request bodies that may have quirks and ids that stand
// for others; see [patch.Request].
func (s *Service) resolving(quirks patch.Quirks, resolve func(string, patch.IDUse) (id string, later bool)) (
	c *patch.Compiler) {
	r := s.request(quirks)
	r.Resolve = resolve
	return s.compiler.With(r)
}

func (s *Service) request(quirks patch.Quirks) patch.Request {
	return patch.Request{Quirks: quirks, Reference: s.reference, Rewrite: s.rewrite}
}

// canonical returns the canonical form of the value of a member.
func (s *Service) canonical(value string) string {
	if s.Patch.CanonicalMember == nil {
		return value
	}
	return s.Patch.CanonicalMember(value)
}
