package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// report is what a run has found.
type report struct {
	kinds     []*kind
	scenarios []*scenario
	cells     []*cell
}

func (r *report) cell(s *scenario, size int, server string) *cell {
	for _, c := range r.cells {
		if c.Scenario == s.name && c.Size == size && c.Server == server {
			return c
		}
	}
	return nil
}

// sizes that a scenario has run at, ascending.
func (r *report) sizes(s *scenario) []int {
	var sizes []int
	for _, c := range r.cells {
		if c.Scenario == s.name {
			sizes = append(sizes, c.Size)
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// value is the figure of a view, or NaN.
func (r *report) value(v view, s *scenario, size int, server string) float64 {
	c := r.cell(s, size, server)
	if c == nil || len(c.Samples) == 0 {
		return math.NaN()
	}
	return v.value(c, r.cell(s, size, "bare"))
}

// table is a table of text; the first row is the heading.
type table struct {
	title, caption string
	rows           [][]string
	notes          []string
}

// tables are one for each view of each scenario.
func (r *report) tables() []table {
	tables := []table{r.summary()}
	for _, s := range r.scenarios {
		for i, v := range s.views {
			t := table{caption: v.title, rows: [][]string{{s.size}}}
			if i == 0 {
				t.title = s.title
			}
			for _, k := range r.kinds {
				t.rows[0] = append(t.rows[0], k.title)
			}
			for _, size := range r.sizes(s) {
				row := []string{thousands(size)}
				for _, k := range r.kinds {
					row = append(row, r.text(&t, v, s, size, k))
				}
				t.rows = append(t.rows, row)
			}
			if len(t.rows) > 1 {
				tables = append(tables, t)
			}
		}
	}
	return tables
}

// summary is one table with the first view of every scenario.
func (r *report) summary() table {
	t := table{title: "Summary", caption: "median times of a request, requests a second, or bytes", rows: [][]string{{"what", "how many"}}}
	for _, k := range r.kinds {
		t.rows[0] = append(t.rows[0], k.title)
	}
	for _, s := range r.scenarios {
		for _, size := range r.sizes(s) {
			row := []string{s.title, thousands(size) + " " + s.size}
			for _, k := range r.kinds {
				row = append(row, r.text(&t, s.views[0], s, size, k))
			}
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// text is the field of a table; t takes the note if there is one.
func (r *report) text(t *table, v view, s *scenario, size int, k *kind) string {
	text := "–"
	if value := r.value(v, s, size, k.name); !math.IsNaN(value) {
		text = v.format(value)
		if v.perSecond {
			text += "/s"
		}
	}
	if c := r.cell(s, size, k.name); c != nil && c.Note != "" {
		text += " " + t.note(c.Note)
	}
	return text
}

// note is the mark of a note below the table.
func (t *table) note(text string) string {
	at := slices.Index(t.notes, text)
	if at < 0 {
		at = len(t.notes)
		t.notes = append(t.notes, text)
	}
	return fmt.Sprintf("[%c]", 'a'+at)
}

func (t *table) markdown(w io.Writer) {
	if t.title != "" {
		fmt.Fprintf(w, "### %s\n\n", t.title)
	}
	fmt.Fprintf(w, "%s:\n\n", upperFirst(t.caption))
	for i, row := range t.rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat("--:|", len(row)))
		}
	}
	for i, note := range t.notes {
		fmt.Fprintf(w, "\n[%c] %s", 'a'+i, note)
	}
	if len(t.notes) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func (t *table) text(w io.Writer) {
	if t.title != "" {
		fmt.Fprintf(w, "%s\n%s\n\n", t.title, strings.Repeat("=", utf8.RuneCountInString(t.title)))
	}
	fmt.Fprintf(w, "%s:\n", upperFirst(t.caption))
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, field := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(field))
		}
	}
	for _, row := range t.rows {
		for i, field := range row {
			fmt.Fprintf(w, "  %*s", widths[i], field)
		}
		fmt.Fprintln(w)
	}
	for i, note := range t.notes {
		fmt.Fprintf(w, "  [%c] %s\n", 'a'+i, note)
	}
	fmt.Fprintln(w)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
