package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// tooSlow is how long a request takes that is sent once, and not at all to servers
// that hold more.
const tooSlow = 2 * time.Second

// driver runs scenarios.
type driver struct {
	kinds     []*kind
	scenarios []*scenario
	sizes     []int // instead of those of the scenarios, but the fixed ones, if there are any
	quick     bool
	duration  time.Duration // of a round
	rounds    int
	loading   time.Duration // the longest that a fixture may take
	patience  time.Duration // the longest that a request may take
	profiles  string        // directory for CPU profiles, or ""
	directory string        // for the files of servers
	progress  io.Writer

	cells []*cell
	// beyond holds what was too slow at a size, and is not tried with larger ones.
	beyond map[hopeless]string
}

// hopeless is a scenario on a server, or loading if scenario is nil.
type hopeless struct {
	*scenario
	*kind
}

// job is a fixture and the scenarios that run on it, each with its size.
type job struct {
	fixture
	scenarios []*scenario
	sizes     []int
}

// jobs puts scenarios with the same fixture together, small fixtures first.
func (d *driver) jobs() []*job {
	var jobs []*job
	for _, s := range d.scenarios {
		sizes := s.sizes
		switch {
		case len(d.sizes) > 0 && !s.fixed:
			sizes = d.sizes
		case d.quick:
			sizes = s.quick
		}
		for _, size := range sizes {
			f := s.fixture(size)
			at := slices.IndexFunc(jobs, func(j *job) bool { return j.fixture == f })
			if at < 0 {
				at = len(jobs)
				jobs = append(jobs, &job{fixture: f})
			}
			jobs[at].scenarios = append(jobs[at].scenarios, s)
			jobs[at].sizes = append(jobs[at].sizes, size)
		}
	}
	slices.SortStableFunc(jobs, func(a, b *job) int { return a.Groups*a.Members - b.Groups*b.Members })
	return jobs
}

// run runs everything. What it has measured is in cells, even if it fails.
func (d *driver) run(ctx context.Context) error {
	d.beyond = map[hopeless]string{}
	for _, j := range d.jobs() {
		if err := d.runJob(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

func (d *driver) runJob(ctx context.Context, j *job) (err error) {
	var running []*process
	defer func() {
		for _, p := range running {
			err = errors.Join(err, p.end(ctx))
		}
	}()
	heaps := map[*process]uint64{}
	for _, k := range d.kinds {
		if !slices.ContainsFunc(j.scenarios, func(s *scenario) bool { return d.wants(s, k) }) {
			continue
		}
		p, heap, note, err := d.started(ctx, k, j.fixture)
		if p != nil {
			running = append(running, p)
			heaps[p] = heap
		}
		if err != nil {
			return err
		}
		if note != "" {
			d.beyond[hopeless{nil, k}] = note
		}
	}
	cells := map[*process][]*cell{}
	for i, s := range j.scenarios {
		fmt.Fprintf(d.progress, "%s, %s %s\n", s.title, thousands(j.sizes[i]), s.size)
		if err := d.record(ctx, s, j.fixture, running); err != nil {
			return err
		}
		measured, err := d.measure(ctx, s, j.sizes[i], j.fixture, running)
		if err != nil {
			return err
		}
		for p, c := range measured {
			cells[p] = append(cells[p], c)
		}
		for _, k := range d.kinds {
			note := d.beyond[hopeless{nil, k}]
			if note != "" && d.wants(s, k) && !slices.ContainsFunc(running, func(p *process) bool { return p.kind == k }) {
				d.cells = append(d.cells, &cell{Scenario: s.name, Size: j.sizes[i], Server: k.name, Note: note})
			}
		}
	}
	for _, p := range running {
		u, err := p.usage(ctx, false)
		if err != nil {
			return err
		}
		for _, c := range cells[p] {
			c.Heap, c.Peak = heaps[p], u.Peak
		}
	}
	return nil
}

func (d *driver) wants(s *scenario, k *kind) bool { return s.only == nil || s.only(k) }

// started starts a server and loads the fixture, or says why it did not.
func (d *driver) started(ctx context.Context, k *kind, f fixture) (p *process, heap uint64, note string, err error) {
	if note := d.beyond[hopeless{nil, k}]; note != "" {
		return nil, 0, note, nil
	}
	if p, err = start(ctx, k, d.directory); err != nil {
		return nil, 0, "", err
	}
	empty, err := p.usage(ctx, true)
	if err != nil {
		return p, 0, "", err
	}
	begin := time.Now()
	bounded, cancel := context.WithTimeout(ctx, d.loading)
	defer cancel()
	err = p.load(bounded, f)
	if bounded.Err() != nil && ctx.Err() == nil {
		note := fmt.Sprintf("not loaded within %v", d.loading)
		fmt.Fprintf(d.progress, "%s: %s %s\n", k.title, f, note)
		return nil, 0, note, p.end(ctx)
	}
	if err != nil {
		return p, 0, "", err
	}
	loaded, err := p.usage(ctx, true)
	fmt.Fprintf(d.progress, "%s: %s loaded in %v\n", k.title, f, time.Since(begin).Round(time.Millisecond))
	return p, max(loaded.Heap, empty.Heap) - empty.Heap, "", err
}

// record makes the bare handler send what the first other server sends, if it
// is one of ours.
func (d *driver) record(ctx context.Context, s *scenario, f fixture, running []*process) error {
	at := slices.IndexFunc(running, func(p *process) bool { return p.name == "bare" })
	if at < 0 || !running[0].ours {
		return nil
	}
	from, to := running[0], running[at]
	to.id = from.id
	c, err := dial(from, d.patience)
	if err != nil {
		return err
	}
	defer c.close()
	c.tape = func(e exchange) error { return to.control(ctx, "POST", "/record", e, nil) }
	session := &session{c: c, f: f, id: from.id, round: "recorded"}
	if s.prepare != nil {
		if err := s.prepare(session); err != nil {
			return err
		}
	}
	step := s.work(session)
	for i := range s.distinct(f) {
		if err := step(i); err != nil {
			return err
		}
	}
	if s.finish != nil {
		_, err = s.finish(session, s.distinct(f))
	}
	return err
}

// measure runs a scenario on all servers, which take turns.
func (d *driver) measure(ctx context.Context, s *scenario, size int, f fixture, running []*process) (map[*process]*cell, error) {
	cells := map[*process]*cell{}
	slow := map[*process]bool{}
	for _, p := range running {
		if !d.wants(s, p.kind) {
			continue
		}
		c := &cell{Scenario: s.name, Size: size, Server: p.name}
		cells[p] = c
		d.cells = append(d.cells, c)
		if c.Note = d.beyond[hopeless{s, p.kind}]; c.Note != "" {
			slow[p] = true
			continue
		}
		// One step decides whether there is any point in repeating it, and a fifth of a
		// round warms the server up.
		first, err := d.round(ctx, s, f, p, "first", 0)
		if err != nil {
			c.Note = fmt.Sprintf("fails: %v", err)
			var wrong *wrongAnswer
			switch {
			case timedOut(err):
				c.Note = fmt.Sprintf("a request takes more than %v", d.patience)
			case errors.As(err, &wrong):
				c.Note = fmt.Sprintf("answers wrongly: %d members, not %d", wrong.is, wrong.want)
			}
			d.beyond[hopeless{s, p.kind}] = c.Note
			slow[p] = true
			continue
		}
		if first.P50 > tooSlow {
			c.Note = "one request"
			c.Samples = []sample{first}
			d.beyond[hopeless{s, p.kind}] = fmt.Sprintf("not tried: %s with %s %s", duration(first.P50.Seconds()), thousands(size), s.size)
			slow[p] = true
			continue
		}
		if _, err := d.round(ctx, s, f, p, "warm", d.duration/5); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", p.title, s.title, err)
		}
	}
	rounds, lasting := d.rounds*max(s.cut, 1), d.duration/time.Duration(max(s.cut, 1))
	for round := range rounds {
		for _, p := range running {
			if cells[p] == nil || slow[p] {
				continue
			}
			// Garbage of others' making is not in the way of this.
			if _, err := p.usage(ctx, true); err != nil {
				return nil, err
			}
			one, err := d.profiled(ctx, s, size, f, p, fmt.Sprintf("r%d", round), lasting, round == rounds-1)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", p.title, s.title, err)
			}
			cells[p].Samples = append(cells[p].Samples, one)
		}
	}
	return cells, nil
}

func timedOut(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// profiled is a round, the last of which is profiled if that was asked for.
func (d *driver) profiled(ctx context.Context, s *scenario, size int, f fixture, p *process, name string, lasting time.Duration, last bool) (one sample, err error) {
	if d.profiles == "" || !last {
		return d.round(ctx, s, f, p, name, lasting)
	}
	file, err := filepath.Abs(filepath.Join(d.profiles, fmt.Sprintf("%s-%d-%s.pprof", s.name, size, p.name)))
	if err != nil {
		return one, err
	}
	if err := p.control(ctx, "POST", "/profile/start", []byte(file), nil); err != nil {
		return one, err
	}
	defer func() { err = errors.Join(err, p.control(ctx, "POST", "/profile/stop", nil, nil)) }()
	return d.round(ctx, s, f, p, name, lasting)
}

// round repeats the work of a scenario on one server for some time, but at least
// once.
func (d *driver) round(ctx context.Context, s *scenario, f fixture, p *process, name string, lasting time.Duration) (sample, error) {
	sessions := make([]*session, s.workers)
	steps := make([]func(int) error, s.workers)
	for i := range sessions {
		c, err := dial(p, d.patience)
		if err != nil {
			return sample{}, err
		}
		defer c.close()
		sessions[i] = &session{c: c, f: f, id: p.id, worker: i, round: name}
	}
	if p.name == "bare" {
		for _, each := range sessions {
			each.round = "recorded"
		}
	}
	if s.prepare != nil {
		if err := s.prepare(sessions[0]); err != nil {
			return sample{}, err
		}
	}
	for i, each := range sessions {
		each.id = sessions[0].id
		each.c.times = nil
		steps[i] = s.work(each)
	}
	before, err := p.usage(ctx, false)
	if err != nil {
		return sample{}, err
	}
	errs := make([]error, s.workers)
	var all sync.WaitGroup
	begin := time.Now()
	for i, step := range steps {
		all.Go(func() {
			for n := 0; (n == 0 || time.Since(begin) < lasting) && errs[i] == nil && ctx.Err() == nil; n++ {
				errs[i] = step(n)
			}
		})
	}
	all.Wait()
	elapsed := time.Since(begin)
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return sample{}, err
	}
	after, err := p.usage(ctx, false)
	if err != nil {
		return sample{}, err
	}
	var times []time.Duration
	one := sample{
		Elapsed: elapsed,
		CPU:     after.CPU - before.CPU, Alloc: after.Alloc - before.Alloc, Mallocs: after.Mallocs - before.Mallocs,
	}
	for _, each := range sessions {
		times = append(times, each.c.times...)
		one.Acknowledged -= each.refused
	}
	slices.Sort(times)
	one.Requests, one.P50, one.P99 = len(times), times[len(times)/2], times[len(times)*99/100]
	one.Acknowledged += one.Requests
	if s.finish != nil {
		if one.Survived, err = s.finish(sessions[0], one.Acknowledged); err != nil {
			return sample{}, err
		}
	}
	return one, nil
}

// temporary makes a directory and returns what removes it.
func temporary() (string, func(), error) {
	directory, err := os.MkdirTemp("", "scimgroups-bench-")
	return directory, func() { os.RemoveAll(directory) }, err
}
