package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/scim/scimtest"
)

// The elements of JUnit's XML that programs for continuous integration read.
type (
	testSuite struct {
		XMLName   xml.Name   `xml:"testsuite"`
		Name      string     `xml:"name,attr"`
		Tests     int        `xml:"tests,attr"`
		Failures  int        `xml:"failures,attr"`
		Errors    int        `xml:"errors,attr"`
		Skipped   int        `xml:"skipped,attr"`
		Time      string     `xml:"time,attr"`
		Timestamp string     `xml:"timestamp,attr"`
		Cases     []testCase `xml:"testcase"`
	}
	testCase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Time    string   `xml:"time,attr"`
		Failure *message `xml:"failure,omitempty"`
		Error   *message `xml:"error,omitempty"`
		Skipped *message `xml:"skipped,omitempty"`
		Output  string   `xml:"system-out,omitempty"`
	}
	message struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit writes a report as JUnit's XML. What speaks against the service is a failure;
// what is wrong with the run as a whole is an error of a test case of its own;
// the output of the other test cases says what is tolerated or only a SHOULD.
func junit(r *scimtest.Report) ([]byte, error) {
	suite := testSuite{Name: "scimtest " + r.Profile, Tests: len(r.Results), Time: seconds(r.Duration),
		Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05")}
	for i := range r.Results {
		result := &r.Results[i]
		c := testCase{Class: "scimtest." + section(result.ID), Name: result.ID + " " + result.Sentence,
			Time: seconds(result.Duration)}
		details := describe(result)
		switch {
		case r.Counts(result):
			suite.Failures++
			c.Failure = &message{Message: first(result), Text: details}
		case result.Outcome == scimtest.Skipped:
			suite.Skipped++
			c.Skipped = &message{Message: result.Reason}
		case details != "":
			c.Output = string(result.Outcome) + "\n" + details
		}
		suite.Cases = append(suite.Cases, c)
	}
	run := testCase{Class: "scimtest.Run", Name: "The run is complete and leaves nothing.", Time: seconds(0)}
	switch {
	case !r.Complete:
		run.Error = &message{Message: "the run was interrupted", Text: strings.Join(r.Left, "\n")}
	case len(r.Left) > 0:
		run.Error = &message{Message: "groups could not be deleted", Text: strings.Join(r.Left, "\n")}
	}
	if run.Error != nil {
		suite.Errors++
	}
	suite.Tests++
	suite.Cases = append(suite.Cases, run)
	data, err := xml.MarshalIndent(suite, "", "  ")
	return append([]byte(xml.Header), append(data, '\n')...), err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// first is the first thing that is wrong.
func first(result *scimtest.Result) string {
	if len(result.Findings) > 0 {
		return result.Findings[0].Message
	}
	return result.Reason
}

func describe(result *scimtest.Result) string {
	if len(result.Findings) == 0 {
		return result.Reason
	}
	var b strings.Builder
	for _, f := range result.Findings {
		fmt.Fprintln(&b, f.Message)
		if e := f.Exchange; e != nil {
			fmt.Fprintf(&b, "%s %s %s\n%s\n%d %s\n", e.Method, e.URL, strings.Join(e.Headers, " "), e.Request, e.Status,
				e.Response)
		}
	}
	fmt.Fprintf(&b, "%s\nSource: %s (%s)\n", result.Failure, result.Source, result.Level)
	if len(result.Because) > 0 {
		fmt.Fprintf(&b, "Follows from %s.\n", strings.Join(result.Because, ", "))
	}
	return b.String()
}
