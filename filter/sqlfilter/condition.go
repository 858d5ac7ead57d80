package sqlfilter

import "strings"

const (
	never  = "FALSE"
	always = "TRUE"
)

// condition is the translation of a node.
type condition struct {
	// wide is true for every row that the node matches, and narrow is false for every
	// row that it does not match.
	wide, narrow string
	// selective means that an index finds the few rows that the node matches.
	selective bool
}

func exactly(sql string) condition { return condition{wide: sql, narrow: sql} }

// unknown is the condition of a node that SQL cannot say anything about.
var unknown = condition{wide: always, narrow: never}

func (c condition) exact() bool { return c.wide == c.narrow }

// within returns c within the text that sql puts around it, which is false if c is.
func (c condition) within(sql func(inner string) string) condition {
	inner := func(s string) string {
		if s == never {
			return never
		}
		return sql(s)
	}
	if c.exact() {
		return exactly(inner(c.wide))
	}
	return condition{wide: inner(c.wide), narrow: inner(c.narrow)}
}

func not(c condition) condition { return condition{wide: negate(c.narrow), narrow: negate(c.wide)} }

func negate(sql string) string {
	switch sql {
	case always:
		return never
	case never:
		return always
	}
	return "NOT (" + sql + ")"
}

// and returns the conjunction of terms, which is selective if one of them is.
func and(terms ...condition) condition {
	c := combine(terms, " AND ", always, never)
	for _, t := range terms {
		c.selective = c.selective || t.selective
	}
	return c
}

// or returns the disjunction of terms. It is not selective, since databases look at
// every row.
func or(terms ...condition) condition { return combine(terms, " OR ", never, always) }

func combine(terms []condition, operator, neutral, absorbing string) condition {
	wide, narrow := make([]string, len(terms)), make([]string, len(terms))
	for i, t := range terms {
		wide[i], narrow[i] = t.wide, t.narrow
	}
	return condition{wide: join(wide, operator, neutral, absorbing), narrow: join(narrow, operator, neutral, absorbing)}
}

func join(terms []string, operator, neutral, absorbing string) string {
	var kept []string
	for _, t := range terms {
		switch t {
		case absorbing:
			return absorbing
		case neutral:
		default:
			kept = append(kept, t)
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return "(" + strings.Join(kept, operator) + ")"
}
