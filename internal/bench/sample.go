package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// sample is what one round of a scenario gave on one server.
type sample struct {
	Requests     int
	Elapsed      time.Duration
	P50, P99     time.Duration
	CPU          time.Duration // of the server
	Alloc        uint64        // bytes
	Mallocs      uint64
	Acknowledged int // requests with status 2xx, where others may be refused
	Survived     int // the acknowledged requests that have left their mark
}

// cell is a field of a table: a scenario at a size on a server.
type cell struct {
	Scenario string
	Size     int
	Server   string
	// Note says why there are no samples, or why there are few.
	Note    string
	Samples []sample
	// Heap is what the fixture takes of the heap; Peak the largest resident size of
	// the process while it was served, in this and the scenarios with the same
	// fixture.
	Heap, Peak uint64
}

// view is a figure that a table shows.
type view struct {
	title string
	// value is the figure of a cell with samples; bare is the cell of the bare
	// handler, or nil. NaN is shown as a dash.
	value  func(c, bare *cell) float64
	format func(float64) string
	// perSecond says that the figure is a number in each second.
	perSecond bool
}

// median of a figure over the rounds.
func (c *cell) median(figure func(s sample) float64) float64 {
	values := make([]float64, len(c.Samples))
	for i, s := range c.Samples {
		values[i] = figure(s)
	}
	return median(values)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// ratios are those to what bare had in the same round, in ascending order.
func (c *cell) ratios(bare *cell, figure func(s sample) float64) []float64 {
	if bare == nil || len(bare.Samples) != len(c.Samples) {
		return nil
	}
	values := make([]float64, len(c.Samples))
	for i := range values {
		values[i] = figure(c.Samples[i]) / figure(bare.Samples[i])
	}
	slices.Sort(values)
	return values
}

// ratio is the median of the ratios.
func (c *cell) ratio(bare *cell, figure func(s sample) float64) float64 {
	return median(c.ratios(bare, figure))
}

// quartile is the lower quartile of the ratios, or the upper one.
func (c *cell) quartile(bare *cell, upper bool, figure func(s sample) float64) float64 {
	values := c.ratios(bare, figure)
	if len(values) == 0 {
		return math.NaN()
	}
	if upper {
		slices.Reverse(values)
	}
	return values[len(values)/4]
}

func (s sample) rate() float64 { return float64(s.Requests) / s.Elapsed.Seconds() }

func (s sample) each(total float64) float64 { return total / float64(s.Requests) }

func (s sample) cpuEach() float64 { return s.each(s.CPU.Seconds()) }

var (
	latency = view{title: "median time of a request", format: duration,
		value: func(c, _ *cell) float64 {
			return c.median(func(s sample) float64 { return s.P50.Seconds() })
		}}
	latency99 = view{title: "99th percentile of the times", format: duration,
		value: func(c, _ *cell) float64 {
			return c.median(func(s sample) float64 { return s.P99.Seconds() })
		}}
	rate = view{title: "requests a second", format: count, perSecond: true,
		value: func(c, _ *cell) float64 { return c.median(sample.rate) }}
	rateToBare = view{title: "requests a second, to bare net/http", format: proportion,
		value: func(c, bare *cell) float64 { return c.ratio(bare, sample.rate) }}
	rateToBareLow = view{title: "the same, lower quartile of the rounds", format: proportion,
		value: func(c, bare *cell) float64 { return c.quartile(bare, false, sample.rate) }}
	rateToBareHigh = view{title: "the same, upper quartile of the rounds", format: proportion,
		value: func(c, bare *cell) float64 { return c.quartile(bare, true, sample.rate) }}
	cpu = view{title: "processor time of the server for a request", format: duration,
		value: func(c, _ *cell) float64 { return c.median(sample.cpuEach) }}
	cpuEachGroup = view{title: "processor time of the server for a group that is looked at", format: duration,
		value: func(c, _ *cell) float64 {
			if c.Server == "bare" {
				return math.NaN()
			}
			return c.median(sample.cpuEach) / float64(c.Size)
		}}
	cpuToBareLow = view{title: "the same, lower quartile of the rounds", format: proportion,
		value: func(c, bare *cell) float64 { return c.quartile(bare, false, sample.cpuEach) }}
	cpuToBareHigh = view{title: "the same, upper quartile of the rounds", format: proportion,
		value: func(c, bare *cell) float64 { return c.quartile(bare, true, sample.cpuEach) }}
	cpuToBare = view{title: "processor time, to bare net/http", format: proportion,
		value: func(c, bare *cell) float64 { return c.ratio(bare, sample.cpuEach) }}
	allocated = view{title: "bytes allocated for a request", format: bytesText,
		value: func(c, _ *cell) float64 {
			return c.median(func(s sample) float64 { return s.each(float64(s.Alloc)) })
		}}
	mallocs = view{title: "allocations for a request", format: count,
		value: func(c, _ *cell) float64 {
			return c.median(func(s sample) float64 { return s.each(float64(s.Mallocs)) })
		}}
	survivors = view{title: "of the adds that were acknowledged, members that are there", format: percent,
		value: func(c, _ *cell) float64 {
			if c.Server == "bare" {
				return math.NaN()
			}
			return c.median(func(s sample) float64 { return float64(s.Survived) / float64(s.Acknowledged) })
		}}
	heapEach = view{title: "bytes of heap for a membership", format: count,
		value: func(c, _ *cell) float64 {
			if c.Server == "sqlite" || c.Server == "postgres" {
				return math.NaN() // they are elsewhere
			}
			return float64(c.Heap) / float64(c.Size)
		}}
	peakSize = view{title: "largest resident size of the process", format: bytesText,
		value: func(c, _ *cell) float64 { return float64(c.Peak) }}
)

func duration(seconds float64) string {
	switch {
	case seconds < 1e-6:
		return nanoseconds(seconds)
	case seconds < 1e-3:
		return threeDigits(seconds*1e6) + " µs"
	case seconds < 1:
		return threeDigits(seconds*1e3) + " ms"
	}
	return threeDigits(seconds) + " s"
}

func nanoseconds(seconds float64) string { return threeDigits(seconds*1e9) + " ns" }

func bytesText(n float64) string {
	for _, unit := range []string{"B", "kB", "MB"} {
		if n < 1000 {
			return threeDigits(n) + " " + unit
		}
		n /= 1000
	}
	return threeDigits(n) + " GB"
}

func count(n float64) string {
	if n < 100 {
		return threeDigits(n)
	}
	return thousands(int(math.Round(n)))
}

func proportion(n float64) string { return fmt.Sprintf("%.2f", n) }

// percent rounds down, so that 100 % means all.
func percent(n float64) string {
	return fmt.Sprintf("%.4g %%", math.Floor(n*1e4)/100)
}

func threeDigits(n float64) string {
	digits := 0
	for limit := 100.0; digits < 2 && n < limit; limit /= 10 {
		digits++
	}
	return fmt.Sprintf("%.*f", digits, n)
}

// thousands writes n with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
