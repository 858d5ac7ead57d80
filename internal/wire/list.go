package wire

import "strconv"

// List is what a ListResponse says of the place of its page (RFC 7644 §3.4.2, RFC
// 9865 §2).
type List struct {
	Total      int // -1: not known
	StartIndex int // of a page by index; 0: a page by cursor
	Items      int // on the page
	// Next and Previous are the cursors of the pages around it; "" for none.
	Next, Previous string
}

// AppendListHead appends a ListResponse up to its first resource; "]}" ends it.
// Resources is there even if it is empty: clients depend on it.
func AppendListHead(b []byte, d Dialect, l *List) []byte {
	b = append(b, `{"schemas":["`...)
	b = append(b, d.ListSchema()...)
	b = append(b, `"]`...)
	if l.Total >= 0 {
		b = append(b, `,"totalResults":`...)
		b = strconv.AppendInt(b, int64(l.Total), 10)
	}
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(l.Items), 10)
	if l.StartIndex > 0 {
		b = append(b, `,"startIndex":`...)
		b = strconv.AppendInt(b, int64(l.StartIndex), 10)
	}
	if l.Previous != "" {
		b = append(b, `,"previousCursor":"`+l.Previous+`"`...)
	}
	if l.Next != "" {
		b = append(b, `,"nextCursor":"`+l.Next+`"`...)
	}
	return append(b, `,"Resources":[`...)
}
