package compare

import (
	"bytes"
	"encoding/json"
	"mime"
	"strings"
)

// What is kept of bodies: more is varied beyond what structure means.
const (
	mostEntries = 2000 // of a route and side
	mostOfOne   = 500  // of one body
	mostDepth   = 20
	mostPlace   = 200 // bytes
)

// entry is that something of a kind stands at a place: of an object's key its name, of a list's elements [], from the
// body's root, which is empty.
type entry struct{ place, kind string }

func (e entry) String() string {
	if e.place == "" {
		return "the body"
	}
	return e.place
}

// shapeOf is the structure of a body: of JSON every place with the kinds that stand there, of everything else its
// media type. Values are left out.
func shapeOf(contentType string, body []byte) map[entry]bool {
	if body == nil {
		return nil
	}
	found := map[entry]bool{}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media = "of no type"
	}
	isJSON := media == "application/json" || strings.HasSuffix(media, "+json")
	switch trimmed := bytes.TrimSpace(body); {
	case len(trimmed) == 0:
		found[entry{"", "empty"}] = true
		return found
	case !isJSON && trimmed[0] != '{' && trimmed[0] != '[':
		found[entry{"", media}] = true
		return found
	}
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		kind := media
		if isJSON {
			kind = "broken JSON"
		}
		found[entry{"", kind}] = true
		return found
	}
	walk(found, "", tree, 0)
	return found
}

func walk(found map[entry]bool, place string, tree any, depth int) {
	if len(found) >= mostOfOne || depth > mostDepth || len(place) > mostPlace {
		return
	}
	found[entry{place, kindOf(tree)}] = true
	switch t := tree.(type) {
	case map[string]any:
		for key, value := range t {
			walk(found, strings.TrimPrefix(place+"."+key, "."), value, depth+1)
		}
	case []any:
		for _, value := range t {
			walk(found, place+"[]", value, depth+1)
		}
	}
}

func kindOf(tree any) string {
	switch tree.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case float64:
		return "a number"
	case string:
		return "text"
	case []any:
		return "a list"
	}
	return "an object"
}

// under reports whether a place is one of these or below it.
func under(place string, all []string) bool {
	for _, one := range all {
		rest, ok := strings.CutPrefix(place, one)
		if ok && (rest == "" || rest[0] == '.' || strings.HasPrefix(rest, "[]")) {
			return true
		}
	}
	return false
}
