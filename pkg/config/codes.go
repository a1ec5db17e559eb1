package config

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Codes is a set of status codes: each is a code such as "200" or a class such as "2xx". A single code is written as
// the number it is.
type Codes []string

// Has reports whether a status is one of them.
func (c Codes) Has(status int) bool {
	text := strconv.Itoa(status)
	for _, one := range c {
		if one == text || strings.HasSuffix(one, "xx") && strings.HasPrefix(text, one[:1]) {
			return true
		}
	}
	return false
}

// String names them as a sentence does.
func (c Codes) String() string { return strings.Join(c, " or ") }

// MarshalJSON writes one code as a number, one class as text and more of them as a list.
func (c Codes) MarshalJSON() ([]byte, error) {
	if len(c) != 1 {
		return json.Marshal([]string(c))
	}
	if n, err := strconv.Atoi(c[0]); err == nil {
		return json.Marshal(n)
	}
	return json.Marshal(c[0])
}

// UnmarshalJSON reads a code, a class, or a list of them.
func (c *Codes) UnmarshalJSON(b []byte) error {
	var list []any
	if err := json.Unmarshal(b, &list); err != nil {
		var one any
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		list = []any{one}
	}
	all := make(Codes, 0, len(list))
	for _, one := range list {
		switch one := one.(type) {
		case string:
			all = append(all, one)
		case float64:
			all = append(all, strconv.FormatFloat(one, 'f', -1, 64))
		default:
			return fmt.Errorf(`must be a status code, a class such as "2xx", or a list of them, not %s`, b)
		}
	}
	*c = all
	return nil
}

func (c Codes) check(path string, f *Findings) {
	for i, one := range c {
		at := path
		if len(c) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		if len(one) != 3 || one[0] < '1' || one[0] > '5' || one[1:] != "xx" && !codePattern().MatchString(one) {
			f.add(at, `%s is not a status code: 100 to 599, or a class such as "2xx"`, one)
		}
	}
}
