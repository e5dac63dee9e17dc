package main

import (
	"fmt"
	"math"
	"strings"
)

// The picture's plane, in pixels of SVG.
const (
	wide, high                 = 680, 400
	left, right, top, bottom   = 64, 136, 24, 48
	plotWide                   = wide - left - right
	plotHigh                   = high - top - bottom
	axisColour, gridColour     = "#444", "#ddd"
	timeColour, distanceColour = "#1661b8", "#c2410c"
	walkColour, peerColour     = "#15803d", "#8a8a8a"
)

// picture draws how the cost of a query grows, as SVG: both axes logarithmic, every
// curve relative to its first stage, and log n for comparison.
func picture(stages []stage) string {
	first, last := stages[0], stages[len(stages)-1]
	most := math.Log(float64(last.n)) / math.Log(float64(first.n))
	for _, g := range stages {
		most = max(most, g.micros/first.micros, g.distances/first.distances, g.walked/first.walked)
		if besidePeer(stages) {
			most = max(most, g.peer/first.peer)
		}
	}
	p := plane{x0: math.Log(float64(first.n)), x1: math.Log(float64(last.n)), y1: math.Log(most * 1.1)}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", wide, high, wide, high)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", wide, high)
	for _, g := range stages {
		x, _ := p.at(float64(g.n), 1)
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x, top, x, top+plotHigh, gridColour, x, top+plotHigh+16, short(g.n))
	}
	for times := 1.; times <= most*1.1; times *= 2 {
		_, y := p.at(float64(first.n), times)
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="%s"/><text x="%d" y="%.1f" text-anchor="end">%.0f×</text>`+"\n",
			left, y, left+plotWide, y, gridColour, left-6, y+4, times)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">vectors</text><text x="%d" y="%d">cost of a query, times that at %s</text>`+"\n",
		left+plotWide/2, high-10, left, top-8, short(first.n))
	p.curve(&b, stages, func(g stage) float64 { return math.Log(float64(g.n)) }, axisColour, `stroke-dasharray="4 4"`, "log n")
	p.curve(&b, stages, walked, walkColour, "", fmt.Sprintf("distances, beam %d", growthBeam))
	p.curve(&b, stages, distances, distanceColour, "", fmt.Sprintf("distances at %.2f", growthRecall))
	p.curve(&b, stages, micros, timeColour, "", fmt.Sprintf("time at %.2f", growthRecall))
	if besidePeer(stages) {
		p.curve(&b, stages, peerMicros, peerColour, "", growthPeer)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// plane maps logarithms to pixels: x from x0 to x1, y from 0 to y1.
type plane struct{ x0, x1, y1 float64 }

func (p plane) at(n, times float64) (x, y float64) {
	return left + plotWide*(math.Log(n)-p.x0)/(p.x1-p.x0), top + plotHigh*(1-math.Log(times)/p.y1)
}

func (p plane) curve(b *strings.Builder, stages []stage, y func(stage) float64, colour, style, name string) {
	var points []string
	var px, py float64
	for _, g := range stages {
		px, py = p.at(float64(g.n), y(g)/y(stages[0]))
		points = append(points, fmt.Sprintf("%.1f,%.1f", px, py))
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" %s/><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n",
		strings.Join(points, " "), colour, style, px+6, py+4, colour, name)
}

// short is a count as people say it: 10k, 316k, 1M.
func short(n int) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	}
	return fmt.Sprintf("%.3gk", float64(n)/1e3)
}
