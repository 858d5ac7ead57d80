package main

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colors of the servers, which people who see no red or no green can tell apart (after
// Okabe and Ito).
var colors = map[string]color.Color{
	"memory":      color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
	"sqlite":      color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff},
	"postgres":    color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
	"scimgateway": color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
	"elimity":     color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff},
	"bare":        color.RGBA{R: 0x80, G: 0x80, B: 0x80, A: 0xff},
}

var glyphs = map[string]draw.GlyphDrawer{
	"memory":      draw.CircleGlyph{},
	"sqlite":      draw.SquareGlyph{},
	"postgres":    draw.PyramidGlyph{},
	"scimgateway": draw.CrossGlyph{},
	"elimity":     draw.PlusGlyph{},
	"bare":        draw.RingGlyph{},
}

// plots draws the first view of each scenario: over the sizes, or as bars if there
// is only one. It returns the names of the files.
func (r *report) plots(directory string) ([]string, error) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	plotter.DefaultFont = plot.DefaultFont
	var files []string
	for _, s := range r.scenarios {
		p := plot.New()
		// Not beside the axis, where it takes room above it if the scale is logarithmic.
		p.Title.Text = s.title + "\n" + s.views[0].title
		p.Title.Padding = vg.Points(8)
		drawn, err := r.draw(p, s)
		if err != nil {
			return files, err
		}
		if !drawn {
			continue
		}
		file := filepath.Join(directory, s.name+".svg")
		if err := save(p, file); err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, nil
}

// save draws the plot, and its legend, if it has one, to the right of it.
func save(p *plot.Plot, file string) error {
	canvas, err := draw.NewFormattedCanvas(18*vg.Centimeter, 9*vg.Centimeter, "svg")
	if err != nil {
		return err
	}
	whole := draw.New(canvas)
	// White, to be readable on dark pages too.
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	legend := p.Legend
	p.Legend = plot.NewLegend()
	margin := 4 * vg.Millimeter
	aside := legend.Rectangle(whole).Size().X + margin
	if aside == margin { // nothing in it
		aside = 0
	}
	p.Draw(draw.Crop(whole, margin, -margin-aside, margin, -margin))
	legend.Draw(draw.Crop(whole, 0, -margin, 0, -2*vg.Centimeter))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	return os.WriteFile(file, svg.Bytes(), 0o644)
}

// draw says false if there is nothing to draw.
func (r *report) draw(p *plot.Plot, s *scenario) (drawn bool, err error) {
	v, sizes := s.views[0], r.sizes(s)
	var largest, smallest float64 = 0, math.Inf(1)
	for _, k := range r.kinds {
		for _, size := range sizes {
			if value := r.value(v, s, size, k.name); value > 0 {
				largest, smallest = max(largest, value), min(smallest, value)
			}
		}
	}
	if largest == 0 {
		return false, nil
	}
	if len(sizes) == 1 {
		return true, r.bars(p, s, sizes[0])
	}
	p.X.Label.Text = s.size
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, powers{count}
	p.Y.Tick.Marker = powers{v.format}
	p.Y.Scale = plot.LogScale{}
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(3)
	p.Add(plotter.NewGrid())
	for _, k := range r.kinds {
		var points plotter.XYs
		for _, size := range sizes {
			if value := r.value(v, s, size, k.name); value > 0 {
				points = append(points, plotter.XY{X: float64(size), Y: value})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return false, err
		}
		line.Color, marks.Color = colors[k.name], colors[k.name]
		line.Width, marks.Radius = vg.Points(1.5), vg.Points(3)
		marks.Shape = glyphs[k.name]
		p.Add(line, marks)
		p.Legend.Add(k.title, line, marks)
	}
	// Whole decades.
	p.Y.Min = math.Pow(10, math.Floor(math.Log10(smallest)))
	p.Y.Max = math.Pow(10, math.Ceil(math.Log10(largest)))
	return true, nil
}

// bars shows one bar for each server.
func (r *report) bars(p *plot.Plot, s *scenario, size int) error {
	v := s.views[0]
	var names []string
	var labels plotter.XYLabels
	for _, k := range r.kinds {
		value := r.value(v, s, size, k.name)
		if math.IsNaN(value) {
			continue
		}
		bar, err := plotter.NewBarChart(plotter.Values{value}, vg.Points(36))
		if err != nil {
			return err
		}
		bar.XMin = float64(len(names))
		bar.Color, bar.LineStyle.Width = colors[k.name], 0
		labels.XYs = append(labels.XYs, plotter.XY{X: float64(len(names)), Y: value})
		labels.Labels = append(labels.Labels, v.format(value))
		names = append(names, strings.ReplaceAll(k.title, ", ", ",\n"))
		p.Add(bar)
	}
	text, err := plotter.NewLabels(labels)
	if err != nil {
		return err
	}
	for i := range text.TextStyle {
		text.TextStyle[i].XAlign = draw.XCenter
	}
	text.Offset.Y = vg.Points(3)
	p.Add(text)
	p.NominalX(names...)
	p.Y.Min = 0
	p.Y.Max *= 1.08
	p.Y.Tick.Marker = formatted{v.format}
	return nil
}

// powers marks the powers of ten.
type powers struct{ format func(float64) string }

func (t powers) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	// A little room for rounding; a mark outside would need space.
	for e := math.Ceil(math.Log10(low) - 1e-9); e <= math.Log10(high)+1e-9; e++ {
		value := math.Pow(10, e)
		ticks = append(ticks, plot.Tick{Value: value, Label: whole(t.format(value))})
	}
	return ticks
}

// formatted marks what plots mark by default, in words of ours.
type formatted struct{ format func(float64) string }

func (t formatted) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = whole(t.format(ticks[i].Value))
		}
	}
	return ticks
}

// whole leaves out decimals that say nothing.
func whole(label string) string {
	number, unit, _ := strings.Cut(label, " ")
	if strings.Contains(number, ".") {
		number = strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
	}
	return strings.TrimSpace(number + " " + unit)
}
