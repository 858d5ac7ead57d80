package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == serveFlag {
		fail(serve(os.Args[2:]))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func fail(err error) {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the driver: tables go to output, and reports of progress to progress.
func run(ctx context.Context, args []string, output, progress io.Writer) error {
	d := &driver{progress: progress}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	scenarioNames := flags.String("scenarios", "", "scenarios to run, with commas (default all): "+names(scenarios, func(s *scenario) string { return s.name }))
	serverNames := flags.String("servers", "", "servers to measure, with commas (default all): "+names(kinds, func(k *kind) string { return k.name }))
	sizes := flags.String("sizes", "", "sizes instead of those of the scenarios, with commas (writers, crud and small have a fixed one)")
	flags.DurationVar(&d.duration, "duration", time.Second, "how long a round of one scenario lasts on one server")
	flags.IntVar(&d.rounds, "rounds", 5, "rounds, of which the tables show medians")
	flags.DurationVar(&d.loading, "loading", 15*time.Minute, "how long a server may take to be filled")
	flags.DurationVar(&d.patience, "patience", 30*time.Second, "how long a request may take")
	out := flags.String("out", "", "directory for table.txt, table.md, results.json and plots")
	flags.StringVar(&d.profiles, "cpuprofile", "", "directory for a CPU profile of the last round of each scenario on each server")
	check := flags.Bool("check", false, "check the servers with package scimtest, and measure nothing")
	flags.BoolVar(&d.quick, "quick", false, "small sizes and short rounds: whether it works, not how fast it is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if d.quick {
		given := map[string]bool{}
		flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
		if !given["duration"] {
			d.duration = 100 * time.Millisecond
		}
		if !given["rounds"] {
			d.rounds = 2
		}
	}
	if d.rounds < 1 {
		return errors.New("-rounds must be 1 or more")
	}
	var err error
	if d.scenarios, err = chosen(*scenarioNames, scenarios, func(s *scenario) string { return s.name }); err != nil {
		return err
	}
	if d.kinds, err = chosen(*serverNames, kinds, func(k *kind) string { return k.name }); err != nil {
		return err
	}
	if *check {
		return d.checks(ctx, output)
	}
	for text := range strings.SplitSeq(*sizes, ",") {
		if text == "" {
			continue
		}
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			return fmt.Errorf("-sizes: %q is not a size", text)
		}
		d.sizes = append(d.sizes, size)
	}
	for _, directory := range []string{*out, d.profiles} {
		if directory != "" {
			if err := os.MkdirAll(directory, 0o755); err != nil {
				return err
			}
		}
	}
	d.kinds = slices.DeleteFunc(d.kinds, func(k *kind) bool {
		if k.name != "postgres" {
			return false
		}
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err := pingPostgres(bounded)
		if err != nil {
			fmt.Fprintln(progress, "no PostgreSQL:", err)
		}
		return err != nil
	})
	directory, remove, err := temporary()
	if err != nil {
		return err
	}
	defer remove()
	d.directory = directory
	failed := d.run(ctx)
	// What has been measured is worth telling all the same.
	r := &report{kinds: d.kinds, scenarios: d.scenarios, cells: d.cells}
	return errors.Join(failed, r.write(output, *out, d))
}

// chosen picks by name, in the order of all.
func chosen[T any](list string, all []T, name func(T) string) ([]T, error) {
	if list == "" {
		return slices.Clone(all), nil
	}
	wanted := strings.Split(list, ",")
	for _, w := range wanted {
		if !slices.ContainsFunc(all, func(t T) bool { return name(t) == w }) {
			return nil, fmt.Errorf("there is no %q; there are %s", w, names(all, name))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(t T) bool { return !slices.Contains(wanted, name(t)) }), nil
}

func names[T any](all []T, name func(T) string) string {
	texts := make([]string, len(all))
	for i, t := range all {
		texts[i] = name(t)
	}
	return strings.Join(texts, ", ")
}

// write prints tables, and writes all files if there is a directory for them.
func (r *report) write(output io.Writer, directory string, d *driver) error {
	about := fmt.Sprintf("%s, %s/%s, %d processors; medians of %d rounds of %v, in which the servers take turns.",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), d.rounds, d.duration)
	var text, markdown strings.Builder
	fmt.Fprintf(&text, "%s\n\n", about)
	fmt.Fprintf(&markdown, "%s\n\n", about)
	for _, t := range r.tables() {
		t.text(&text)
		t.markdown(&markdown)
	}
	if _, err := io.WriteString(output, text.String()); err != nil || directory == "" {
		return err
	}
	results, err := json.MarshalIndent(r.cells, "", "\t")
	if err != nil {
		return err
	}
	for name, content := range map[string]string{"table.txt": text.String(), "table.md": markdown.String(), "results.json": string(results)} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	_, err = r.plots(directory)
	return err
}
