// Command check checks a SCIM service for groups from outside: whether it does what the
// RFCs demand, and whether real clients get along with it.
//
//	go run ./examples/check -url https://example.com/scim/v2 -token "$TOKEN"
//
// It makes groups of its own, whose names begin with "scimtest-", and deletes them, also
// if it is interrupted. It changes no others. The exit status is 0 if the service
// conforms to the profile, 1 if it does not, and 2 if it could not be checked.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/scimgroups/scimgroups/scim/scimtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	c := &command{out: os.Stdout, progress: os.Stderr, colors: colorful(os.Stdout), live: colorful(os.Stderr)}
	status, err := c.run(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "check:", err)
	}
	os.Exit(status)
}

// The exit statuses.
const (
	conforms = iota
	deviates
	unchecked
)

// command is one run of the program.
type command struct {
	out, progress io.Writer
	colors, live  bool // out, and progress, are terminals

	target                     scimtest.Target
	options                    scimtest.Options
	list, sweep, all           bool
	jsonFile, junitFile        string
	members, only, transcripts string
}

// colorful reports whether a file is a terminal that shows colors.
func colorful(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 &&
		os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func (c *command) parse(args []string) error {
	var names []string
	for _, p := range scimtest.Profiles() {
		names = append(names, p.Name)
	}
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(c.progress)
	flags.StringVar(&c.target.URL, "url", "", "base URL of the service, such as https://example.com/scim/v2")
	flags.StringVar(&c.target.Token, "token", "", "bearer token; the environment variable SCIM_TOKEN if absent")
	flags.Func("header", "further header of every request, such as \"X-Api-Key: secret\"; may be repeated", c.header)
	flags.StringVar(&c.members, "members", "",
		"ids that can be members of groups, separated by commas, or \"users\" for those of /Users; made up if absent")
	flags.StringVar(&c.options.Profile, "profile", scimtest.DefaultProfile, "what to check: "+strings.Join(names, ", "))
	flags.StringVar(&c.only, "only", "", "ids of rules and names of transcripts to check, separated by commas")
	flags.StringVar(&c.transcripts, "transcript", "", "files with transcripts to replay as well, separated by commas")
	flags.BoolVar(&c.options.Strict, "strict", false, "count failures of a SHOULD, and what is tolerated, against "+
		"the service")
	flags.BoolVar(&c.options.Keep, "keep", false, "keep the groups that are made, to look at them")
	flags.Float64Var(&c.options.Rate, "rate", 20, "requests per second at most")
	flags.BoolVar(&c.list, "list", false, "list what would be checked, and send nothing")
	flags.BoolVar(&c.sweep, "sweep", false, "delete the groups that earlier runs left, and check nothing")
	flags.BoolVar(&c.all, "v", false, "show rules that pass, too")
	flags.StringVar(&c.jsonFile, "json", "", "file for the report as JSON; - for the standard output, in place of "+
		"the table")
	flags.StringVar(&c.junitFile, "junit", "", "file for the report as JUnit XML")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if !(c.options.Rate >= 0.01) { // nor NaN
		return errors.New("-rate must be 0.01 or more")
	}
	if c.target.Token == "" {
		c.target.Token = os.Getenv("SCIM_TOKEN")
	}
	c.options.Only = split(c.only)
	for _, file := range split(c.transcripts) {
		t, err := readTranscript(file)
		if err != nil {
			return err
		}
		c.options.Transcripts = append(c.options.Transcripts, t)
	}
	switch {
	case c.members == "users":
		c.target.UsersAreMembers = true
	case c.members != "":
		c.target.Members = func(_ context.Context, n int) ([]string, error) {
			ids := split(c.members)
			return ids[:min(n, len(ids))], nil
		}
	}
	if c.target.URL == "" && !c.list {
		return errors.New("-url is missing")
	}
	return nil
}

// header adds a header to all requests.
func (c *command) header(s string) error {
	name, value, ok := strings.Cut(s, ":")
	if !ok {
		return errors.New("it has no colon")
	}
	if c.target.Header == nil {
		c.target.Header = http.Header{}
	}
	c.target.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}

func split(list string) (parts []string) {
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func readTranscript(file string) (scimtest.Transcript, error) {
	f, err := os.Open(file)
	if err != nil {
		return scimtest.Transcript{}, err
	}
	defer f.Close()
	return scimtest.ReadTranscript(strings.TrimSuffix(filepath.Base(file), ".json"), f)
}

// run does what the arguments say, and returns the exit status.
func (c *command) run(ctx context.Context, args []string) (status int, err error) {
	if err := c.parse(args); err != nil {
		return unchecked, err
	}
	switch {
	case c.list:
		err = c.printRules()
	case c.sweep:
		var names []string
		names, err = scimtest.Sweep(ctx, c.target, c.options)
		for _, name := range names {
			fmt.Fprintln(c.out, "deleted", printable(name))
		}
		fmt.Fprintf(c.out, "%d groups were deleted.\n", len(names))
	default:
		return c.check(ctx)
	}
	if err != nil {
		return unchecked, err
	}
	return conforms, nil
}

func (c *command) check(ctx context.Context) (status int, err error) {
	p := &progress{w: c.progress, live: c.live}
	c.options.Begin, c.options.End = p.begin, p.end
	fmt.Fprintf(c.progress, "checking %s against the profile %q\n", c.target.URL, c.options.Profile)
	report, err := scimtest.Check(ctx, c.target, c.options)
	p.clear()
	if report == nil {
		return unchecked, err
	}
	if c.jsonFile != "-" {
		t := &table{w: c.out, colors: c.colors, all: c.all}
		t.report(report)
	}
	if failed := c.write(report); failed != nil {
		return unchecked, errors.Join(err, failed)
	}
	switch {
	case errors.Is(err, context.Canceled):
		if len(report.Left) > 0 {
			return unchecked, fmt.Errorf("interrupted; %d groups could not be deleted: see -sweep", len(report.Left))
		}
		return unchecked, errors.New("interrupted; the groups that were made have been deleted")
	case err != nil:
		return unchecked, err
	case report.Conforms():
		return conforms, nil
	default:
		return deviates, nil
	}
}

// write writes the files that were asked for.
func (c *command) write(report *scimtest.Report) error {
	if c.jsonFile != "" {
		data, err := json.MarshalIndent(struct {
			*scimtest.Report
			Conforms bool `json:"conforms"`
		}{report, report.Conforms()}, "", "  ")
		if err != nil {
			return err
		}
		data = append(data, '\n')
		if c.jsonFile == "-" {
			_, err = c.out.Write(data)
		} else {
			err = os.WriteFile(c.jsonFile, data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	if c.junitFile == "" {
		return nil
	}
	data, err := junit(report)
	if err != nil {
		return err
	}
	return os.WriteFile(c.junitFile, data, 0o644)
}
