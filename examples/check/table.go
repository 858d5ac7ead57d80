package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/scim/scimtest"
)

// width is how long lines of the table are.
const width = 110

// sections are what the letters of ids stand for.
var sections = map[byte]string{
	'A': "All requests and responses", 'B': "Representations", 'C': "POST", 'D': "GET", 'E': "Lists, filters, searches",
	'F': "Pages by cursor", 'G': "PUT", 'H': "PATCH", 'I': "DELETE", 'J': "Bulk requests", 'K': "Discovery", 'M': "HTTP",
	'N': "Needs of clients", 'P': "Interoperability profile", 'Q': "IPSIE", 'O': "Opsera", 'W': "Workspace ONE Access",
}

// section is the title of the section that a rule is in.
func section(id string) string {
	if len(id) == 3 && sections[id[0]] != "" {
		return sections[id[0]]
	}
	return "Transcripts of clients"
}

// table writes a report to be read.
type table struct {
	w      io.Writer
	colors bool
	all    bool // rules that pass, too
}

// Colors of terminals.
const (
	red, green, yellow, gray, bold = "31", "32", "33", "90", "1"
)

func (t *table) paint(color, text string) string {
	if !t.colors {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// outcome says what came of a rule, in a word of at most 9 letters.
func (t *table) outcome(r *scimtest.Report, result *scimtest.Result) string {
	word, color := string(result.Outcome), gray
	switch {
	case result.Outcome == scimtest.Passed:
		color = green
	case result.Outcome == scimtest.Failed && !r.Counts(result):
		word, color = "should", yellow
	case r.Counts(result):
		color = red
	case result.Outcome == scimtest.Tolerated:
		color = yellow
	}
	return t.paint(color, fmt.Sprintf("%-9s", word))
}

func (t *table) report(r *scimtest.Report) {
	last, printed := "", ""
	for i := range r.Results {
		result := &r.Results[i]
		if s := section(result.ID); s != last {
			last = s
			if t.all {
				t.title(s)
				printed = s
			}
		}
		if result.Outcome == scimtest.Passed && !t.all {
			continue
		}
		if printed != last {
			t.title(last)
			printed = last
		}
		t.result(r, result)
	}
	for _, left := range r.Left {
		fmt.Fprintf(t.w, "\n%s\n", t.paint(red, "not deleted: "+printable(left)))
	}
	t.summary(r)
}

func (t *table) title(s string) { fmt.Fprintf(t.w, "\n%s\n", t.paint(bold, s)) }

func (t *table) result(r *scimtest.Report, result *scimtest.Result) {
	fmt.Fprintf(t.w, "  %s %s  %-6s  ", t.outcome(r, result), result.ID, result.Level)
	t.paragraph(result.Sentence, 25, 25)
	if result.Outcome == scimtest.Passed {
		return
	}
	if result.Reason != "" {
		t.line(gray, result.Reason)
	}
	for _, f := range result.Findings {
		t.line("", "- "+f.Message)
		if e := f.Exchange; e != nil {
			t.line(gray, "  "+strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Method, e.URL, strings.Join(e.Headers, " "))))
			if e.Request != "" {
				t.line(gray, "  "+short(e.Request))
			}
			t.line(gray, "  "+strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, short(e.Response))))
		}
	}
	if result.Outcome == scimtest.Failed || result.Outcome == scimtest.Tolerated {
		t.line("", result.Failure)
		t.line(gray, "Source: "+result.Source)
	}
	if len(result.Because) > 0 {
		t.line(gray, "Follows from "+strings.Join(result.Because, ", ")+".")
	}
}

// line writes a paragraph below a rule.
func (t *table) line(color, text string) {
	const indent = 12
	fmt.Fprint(t.w, strings.Repeat(" ", indent))
	for i, l := range wrap(printable(text), width-indent) {
		if i > 0 {
			fmt.Fprint(t.w, strings.Repeat(" ", indent+2))
		}
		if color != "" {
			l = t.paint(color, l)
		}
		fmt.Fprintln(t.w, l)
	}
}

// paragraph writes a text that begins in a column, and continues in another.
func (t *table) paragraph(text string, begins, continues int) {
	for i, l := range wrap(text, width-begins) {
		if i > 0 {
			fmt.Fprint(t.w, strings.Repeat(" ", continues))
		}
		fmt.Fprintln(t.w, l)
	}
}

// wrap breaks a text into lines, between words if it can.
func wrap(text string, columns int) (lines []string) {
	line := ""
	for _, word := range strings.Split(text, " ") {
		for runes := []rune(word); len(runes) > columns; runes = []rune(word) {
			room := columns
			if line != "" {
				room = max(columns-utf8.RuneCountInString(line)-1, 1)
				line += " "
			}
			lines = append(lines, line+string(runes[:room]))
			line, word = "", string(runes[room:])
		}
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			lines = append(lines, line)
			line = word
			continue
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// printable is a text on one line and without what a terminal would take for commands.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// short is the beginning of a body.
func short(body string) string {
	const most = 300
	if runes := []rune(body); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return body
}

func (t *table) summary(r *scimtest.Report) {
	var counts []string
	against, should := 0, 0
	for i := range r.Results {
		switch {
		case r.Counts(&r.Results[i]):
			against++
		case r.Results[i].Outcome == scimtest.Failed:
			should++
		}
	}
	for _, o := range []scimtest.Outcome{scimtest.Passed, scimtest.Failed, scimtest.Blocked, scimtest.Tolerated,
		scimtest.Skipped} {
		n := r.Number(o)
		if o == scimtest.Failed {
			n -= should
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, o))
		}
	}
	if should > 0 {
		counts = append(counts, fmt.Sprintf("%d not met that are only a SHOULD", should))
	}
	fmt.Fprintf(t.w, "\n%s: %s.\n", r.Profile, strings.Join(counts, ", "))
	fmt.Fprintf(t.w, "%d requests in %s", r.Requests, r.Duration.Round(10*time.Millisecond))
	if r.Throttled > 0 {
		fmt.Fprintf(t.w, ", of which %d were repeated as the service asked", r.Throttled)
	}
	fmt.Fprintln(t.w, ".")
	switch {
	case !r.Complete:
		fmt.Fprintln(t.w, t.paint(red, "The run was interrupted: other rules were not checked."))
	case r.Conforms():
		fmt.Fprintln(t.w, t.paint(green, "The service conforms."))
	default:
		fmt.Fprintln(t.w, t.paint(red, fmt.Sprintf("The service does not conform: %d of %d.", against, len(r.Results))))
	}
}

// printRules lists the rules of the profile.
func (c *command) printRules() error {
	rules, err := c.options.Rules()
	if err != nil {
		return err
	}
	t := &table{w: c.out, colors: c.colors}
	last, n := "", 0
	for _, r := range rules {
		if s := section(r.ID); s != last {
			t.title(s)
			last = s
		}
		fmt.Fprintf(t.w, "  %s  %-6s  ", r.ID, r.Level)
		t.paragraph(r.Sentence, 15, 15)
		fmt.Fprintf(t.w, "%s%s\n", strings.Repeat(" ", 15), t.paint(gray, r.Source))
		n++
	}
	fmt.Fprintf(t.w, "\n%s: %d rules.\n", c.options.Profile, n)
	return nil
}

// progress shows on a terminal which rule is checked.
type progress struct {
	w    io.Writer
	live bool
	bad  int
}

func (p *progress) begin(r scimtest.Rule, number, total int) {
	if !p.live {
		return
	}
	line := fmt.Sprintf("[%d/%d, %d failed] %s %s", number, total, p.bad, r.ID, r.Sentence)
	if runes := []rune(line); len(runes) > 78 {
		line = string(runes[:77]) + "…"
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

func (p *progress) end(r scimtest.Result) {
	if r.Outcome == scimtest.Failed {
		p.bad++
	}
}

// clear removes the line.
func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
