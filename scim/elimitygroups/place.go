package elimitygroups

import (
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// serve notes where resources are served.
func (h *ResourceHandler) serve(base string, endpoints map[string]string) (map[string]string, error) {
	h.base = strings.TrimRight(base, "/")
	if base != "" {
		u, err := url.Parse(h.base)
		if err != nil || u.Scheme == "" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("elimitygroups: Options.BaseURL %q is not the absolute URL of a service", base)
		}
	}
	at := maps.Clone(endpoints)
	if endpoints == nil {
		at = map[string]string{"User": "/Users"}
	}
	at[store.ResourceType] = "/Groups"
	types := make(map[string]string, len(at))
	for name, endpoint := range at {
		segment, ok := strings.CutPrefix(endpoint, "/")
		if name == "" || !ok || segment == "" || strings.Contains(segment, "/") || types[segment] != "" {
			return nil, fmt.Errorf("elimitygroups: the endpoint %q of the resource type %q must be like /Users, and its own", endpoint, name)
		}
		types[segment] = name
	}
	return at, nil
}

// ref is the URI of a member; "" if it is not known.
func (h *ResourceHandler) ref(m *store.Member) string {
	endpoint, ok := h.service.Endpoints[m.Type]
	switch {
	case m.Ref != "":
		return m.Ref
	case !ok || h.base == "":
		return ""
	}
	return h.base + endpoint + "/" + url.PathEscape(m.Value)
}
