package main

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
)

// userStore is the service's users, kept in memory for the sake of the example.
type userStore struct {
	mu    sync.Mutex
	next  int
	users map[string]elimity.ResourceAttributes
}

func newUserStore() *userStore {
	return &userStore{users: make(map[string]elimity.ResourceAttributes)}
}

func resource(id string, attributes elimity.ResourceAttributes) elimity.Resource {
	return elimity.Resource{ID: id, Attributes: maps.Clone(attributes)}
}

func (s *userStore) Create(_ *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	id := "u" + strconv.Itoa(s.next)
	s.users[id] = maps.Clone(attributes)
	return resource(id, attributes), nil
}

func (s *userStore) Get(_ *http.Request, id string) (elimity.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	attributes, ok := s.users[id]
	if !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	return resource(id, attributes), nil
}

func (s *userStore) GetAll(_ *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := elimity.Page{}
	for _, id := range slices.Sorted(maps.Keys(s.users)) {
		if v := params.FilterValidator; v != nil && v.PassesFilter(s.users[id]) != nil {
			continue
		}
		page.TotalResults++
		if page.TotalResults >= params.StartIndex && len(page.Resources) < params.Count {
			page.Resources = append(page.Resources, resource(id, s.users[id]))
		}
	}
	return page, nil
}

func (s *userStore) Replace(
	_ *http.Request, id string, attributes elimity.ResourceAttributes,
) (elimity.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.users[id]; !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	s.users[id] = maps.Clone(attributes)
	return resource(id, attributes), nil
}

func (s *userStore) Patch(_ *http.Request, id string, operations []elimity.PatchOperation) (elimity.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	attributes, ok := s.users[id]
	if !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	patched := maps.Clone(attributes)
	for _, operation := range operations {
		if err := apply(patched, operation); err != nil {
			return elimity.Resource{}, err
		}
	}
	s.users[id] = patched
	return resource(id, patched), nil
}

// apply sets or removes whole attributes, which is all that this service does.
func apply(attributes elimity.ResourceAttributes, operation elimity.PatchOperation) error {
	path := operation.Path
	switch {
	case path == nil:
		values, ok := operation.Value.(map[string]any)
		if !ok {
			return errors.ScimErrorInvalidValue
		}
		maps.Copy(attributes, values)
	case path.ValueExpression != nil || path.AttributePath.SubAttribute != nil:
		return errors.ScimErrorInvalidPath
	case operation.Op == elimity.PatchOperationRemove:
		delete(attributes, path.AttributePath.AttributeName)
	default:
		attributes[path.AttributePath.AttributeName] = operation.Value
	}
	return nil
}

func (s *userStore) Delete(_ *http.Request, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.users[id]; !ok {
		return errors.ScimErrorResourceNotFound(id)
	}
	delete(s.users, id)
	return nil
}
