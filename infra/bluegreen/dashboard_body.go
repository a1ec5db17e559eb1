package bluegreen

import (
	"bytes"
	"encoding/json"
)

// The body of a dashboard, as far as ours says anything
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
type board struct {
	Start          string   `json:"start"`
	PeriodOverride string   `json:"periodOverride"`
	Widgets        []widget `json:"widgets"`
}

// widget stands at a place of a grid of 24 columns.
type widget struct {
	Type       string `json:"type"`
	X          int    `json:"x"`
	Y          int    `json:"y"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Properties any    `json:"properties"`
}

type textual struct {
	Markdown   string `json:"markdown"`
	Background string `json:"background"`
}

type alarming struct {
	Title  string   `json:"title"`
	Alarms []string `json:"alarms"`
}

type logged struct {
	Title  string `json:"title"`
	Region string `json:"region"`
	View   string `json:"view"`
	Query  string `json:"query"`
}

// graph draws lines over time, or one number a line over all the time that is looked at.
type graph struct {
	Title   string `json:"title"`
	Region  string `json:"region"`
	View    string `json:"view"`
	Stacked bool   `json:"stacked,omitempty"`
	Whole   bool   `json:"setPeriodToTimeRange,omitempty"`
	Stat    string `json:"stat"`
	Period  int    `json:"period"`
	Metrics []line `json:"metrics"`
	YAxis   *axes  `json:"yAxis,omitempty"`
}

type axes struct {
	Left axis `json:"left"`
}

type axis struct {
	Label     string   `json:"label,omitempty"`
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	ShowUnits bool     `json:"showUnits"`
}

// line is a metric by namespace, name and pairs of dimensions, or an expression over others; and how it is drawn.
type line struct {
	metric []string
	drawn  drawn
}

type drawn struct {
	ID         string `json:"id,omitempty"`
	Expression string `json:"expression,omitempty"`
	Label      string `json:"label,omitempty"`
	Color      string `json:"color,omitempty"`
	Stat       string `json:"stat,omitempty"`
	Visible    *bool  `json:"visible,omitempty"`
}

// MarshalJSON is the list that CloudWatch wants.
func (l line) MarshalJSON() ([]byte, error) {
	list := make([]any, 0, len(l.metric)+1)
	for _, word := range l.metric {
		list = append(list, word)
	}
	return json.Marshal(append(list, l.drawn))
}

// text is the body as CloudFormation takes it. CDK's tokens stay what they are.
func (b board) text() (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(b); err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(out.Bytes())), nil
}

// full is how many columns a dashboard has.
const full = 24

// place puts rows of widgets below each other. In a row all have one height, and share the columns.
func place(rows ...[]widget) []widget {
	var placed []widget
	y := 0
	for _, row := range rows {
		for i, w := range row {
			w.Width = full / len(row)
			w.X, w.Y = i*w.Width, y
			placed = append(placed, w)
		}
		if len(row) > 0 {
			y += row[0].Height
		}
	}
	return placed
}
