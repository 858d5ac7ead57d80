package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/scim/scimtest"
)

// checks writes what package scimtest finds in the servers: a table with a line for each
// rule that one of them does not pass, and each finding below.
func (d *driver) checks(ctx context.Context, output io.Writer) error {
	var reports []*scimtest.Report
	var titles []string
	for _, k := range d.kinds {
		if k.name == "bare" || k.ours && k.name != "memory" {
			continue // which only repeats responses; which the tests check
		}
		b, err := k.open(ctx, "")
		if err != nil {
			return err
		}
		fmt.Fprintln(d.progress, "checking", k.title)
		r, err := scimtest.Check(ctx, scimtest.Target{Handler: b.handler, URL: b.base}, scimtest.Options{})
		b.close()
		if err != nil {
			return fmt.Errorf("%s: %w", k.title, err)
		}
		reports, titles = append(reports, r), append(titles, k.title)
	}
	fmt.Fprintf(output, "| id | level | the service | %s |\n|---|---|---|%s\n", strings.Join(titles, " | "), strings.Repeat("---|", len(titles)))
	for i := range reports[0].Results {
		rule := reports[0].Results[i].Rule
		cells := make([]string, len(reports))
		for j, r := range reports {
			cells[j] = string(r.Results[i].Outcome)
		}
		if slices.ContainsFunc(cells, func(c string) bool { return c != string(scimtest.Passed) }) {
			fmt.Fprintf(output, "| %s | %s | %s | %s |\n", rule.ID, rule.Level, rule.Sentence, strings.Join(cells, " | "))
		}
	}
	for j, r := range reports {
		fmt.Fprintf(output, "\n## %s\n\n", titles[j])
		for _, o := range []scimtest.Outcome{scimtest.Passed, scimtest.Failed, scimtest.Blocked, scimtest.Tolerated, scimtest.Skipped} {
			fmt.Fprintf(output, "%d %s. ", r.Number(o), o)
		}
		fmt.Fprintln(output)
		for _, result := range r.Results {
			if result.Outcome == scimtest.Passed {
				continue
			}
			fmt.Fprintf(output, "\n%s %s %s: %s %s %v\n", result.ID, result.Level, result.Outcome, result.Sentence, result.Reason, result.Because)
			for _, f := range result.Findings {
				fmt.Fprintln(output, "-", f.Message)
				if e := f.Exchange; e != nil {
					fmt.Fprintf(output, "  %s %s %s %.300s\n  %d %.300s\n", e.Method, e.URL, strings.Join(e.Headers, " "), e.Request, e.Status, e.Response)
				}
			}
		}
	}
	return nil
}
