package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// entryDocument is an entry as JSON. Its names are stored in databases: names can be
// added, but not changed.
type entryDocument struct {
	Group      headDocument     `json:"group"`
	Changed    []string         `json:"changed,omitempty"`
	Added      []memberDocument `json:"added,omitempty"`
	Removed    []string         `json:"removed,omitempty"`
	Altered    []memberDocument `json:"altered,omitempty"`
	Truncated  bool             `json:"truncated,omitempty"`
	NumAdded   int              `json:"numAdded,omitempty"`
	NumRemoved int              `json:"numRemoved,omitempty"`
	NumAltered int              `json:"numAltered,omitempty"`
	FormerName string           `json:"formerName,omitempty"`
	Operation  store.Operation  `json:"operation"`
	Subject    string           `json:"subject,omitempty"`
	RequestID  string           `json:"requestId,omitempty"`
}

// headDocument is the head of a group. Times are in microseconds since 1970 in UTC.
type headDocument struct {
	ID          string          `json:"id"`
	ExternalID  string          `json:"externalId,omitempty"`
	DisplayName string          `json:"displayName"`
	Extensions  json.RawMessage `json:"extensions,omitempty"`
	Created     int64           `json:"created"`
	Modified    int64           `json:"modified"`
	Version     uint64          `json:"version"`
}

type memberDocument struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Display string `json:"display,omitempty"`
	Ref     string `json:"ref,omitempty"`
}

func memberDocuments(members []store.Member) (out []memberDocument) {
	for _, m := range members {
		out = append(out, memberDocument(m))
	}
	return out
}

func marshalEntry(e *store.Event) string {
	g := &e.Group
	d := entryDocument{
		Group: headDocument{
			ID: g.ID, ExternalID: g.ExternalID, DisplayName: g.DisplayName,
			Created: g.Created.UnixMicro(), Modified: g.LastModified.UnixMicro(), Version: uint64(g.Version),
		},
		Changed: e.Attributes, Added: memberDocuments(e.Added), Removed: e.Removed, Altered: memberDocuments(e.Altered),
		Truncated: e.Truncated, NumAdded: e.NumAdded, NumRemoved: e.NumRemoved, NumAltered: e.NumAltered,
		FormerName: e.FormerName, Operation: e.Operation, Subject: e.Subject, RequestID: e.RequestID,
	}
	if len(g.Extensions) > 0 {
		d.Group.Extensions = json.RawMessage(jsonText(g.Extensions))
	}
	return jsonText(d)
}

func unmarshalEntry(text string, e *store.Event) error {
	var d entryDocument
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	extensions, err := adapter.UnmarshalExtensions(d.Group.Extensions)
	if err != nil {
		return err
	}
	e.Changed, e.FormerName = true, d.FormerName
	e.NumAdded, e.NumRemoved, e.NumAltered = d.NumAdded, d.NumRemoved, d.NumAltered
	e.Group = store.Group{
		ID:          d.Group.ID,
		ExternalID:  d.Group.ExternalID,
		DisplayName: d.Group.DisplayName,
		Extensions:  extensions,
		Created: time.UnixMicro(d.Group.Created).
			UTC(),
		LastModified: time.UnixMicro(d.Group.Modified).UTC(),
		Version:      store.Version(d.Group.Version),
	}
	e.Attributes, e.Removed, e.Truncated = d.Changed, d.Removed, d.Truncated
	for _, m := range d.Added {
		e.Added = append(e.Added, store.Member(m))
	}
	for _, m := range d.Altered {
		e.Altered = append(e.Altered, store.Member(m))
	}
	e.Origin = store.Origin{Operation: d.Operation, Subject: d.Subject, RequestID: d.RequestID}
	return nil
}

// entryKey identifies an entry: by the time of the change in microseconds, its change_id,
// and the number of the entry among those of the change.
type entryKey struct{ made, changeID, number int64 }

func (k entryKey) String() string {
	return strconv.FormatInt(k.made, 36) + "." + strconv.FormatInt(k.changeID, 36) + "." +
		strconv.FormatInt(k.number, 36)
}

var errEntryKey = errors.New("is not the key of an outbox entry")

func parseEntryKey(key string) (k entryKey, err error) {
	parts := strings.Split(key, ".")
	targets := []*int64{&k.made, &k.changeID, &k.number}
	if len(parts) != len(targets) {
		return k, fmt.Errorf("sqlstore: %q %w", key, errEntryKey)
	}
	for i, part := range parts {
		if *targets[i], err = strconv.ParseInt(part, 36, 64); err != nil {
			return k, fmt.Errorf("sqlstore: %q %w", key, errEntryKey)
		}
	}
	return k, nil
}

// keySet returns the parameters for a set of keys.
func (d *engine) keySet(keys []entryKey) []any {
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.made, k.changeID, k.number}
	}
	return d.options.sql.rowSet(rows)
}
