package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

func (b *binder) setScalar(dst reflect.Value, src any, at *path) error {
	switch dst.Kind() {
	case reflect.String:
		s, ok := src.(string)
		if !ok && b.loose {
			s, ok = asText(src)
		}
		if !ok {
			return at.errorf("wants a string, not %s", describe(src))
		}
		dst.SetString(s)
	case reflect.Bool:
		v, ok := src.(bool)
		if s, isText := src.(string); isText && b.loose {
			v, ok = asBool(s)
		}
		if !ok {
			return at.errorf("wants true or false, not %s", describe(src))
		}
		dst.SetBool(v)
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, ok := asInt(src, b.loose)
		if !ok || dst.OverflowInt(n) {
			return at.errorf("wants an integer of %d bits, not %s", dst.Type().Bits(), describe(src))
		}
		dst.SetInt(n)
	case reflect.Float32, reflect.Float64:
		// Not-a-number and the infinities travel as text in JSON.
		f, ok := asFloat(src, true)
		if !ok {
			return at.errorf("wants a number, not %s", describe(src))
		}
		dst.SetFloat(f)
	default:
		return at.errorf("is of the kind %s, which the sandbox does not read", dst.Kind())
	}
	return nil
}

func asBool(s string) (v, ok bool) {
	switch strings.ToLower(s) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// asInt reads an integer; text counts only when loose.
func asInt(src any, loose bool) (int64, bool) {
	switch x := src.(type) {
	case int:
		return int64(x), true
	case int64:
		return x, true
	case uint64:
		return int64(x), x <= math.MaxInt64
	case json.Number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
			return n, true
		}
		f, err := x.Float64()
		return floatInt(f, err == nil)
	case float64:
		return floatInt(x, true)
	case string:
		n, err := strconv.ParseInt(x, 10, 64)
		return n, loose && err == nil
	}
	return 0, false
}

// floatInt is f as an integer, when it is one that a float64 holds exactly.
func floatInt(f float64, ok bool) (int64, bool) {
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// asFloat reads a number; text counts only when loose.
func asFloat(src any, loose bool) (float64, bool) {
	switch x := src.(type) {
	case float64:
		return x, true
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	case uint64:
		return float64(x), true
	case json.Number:
		f, err := x.Float64()
		return f, err == nil
	case string:
		f, err := strconv.ParseFloat(x, 64)
		return f, loose && err == nil
	}
	return 0, false
}

// asText spells a number or a boolean.
func asText(src any) (string, bool) {
	switch x := src.(type) {
	case json.Number:
		return string(x), true
	case bool:
		return strconv.FormatBool(x), true
	case int:
		return strconv.Itoa(x), true
	case int64:
		return strconv.FormatInt(x, 10), true
	case uint64:
		return strconv.FormatUint(x, 10), true
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), true
	}
	return "", false
}

// describe names what a tree holds, for a person who wrote it.
func describe(src any) string {
	switch x := src.(type) {
	case nil:
		return "null"
	case string:
		if len(x) > 40 {
			return "a text"
		}
		return strconv.Quote(x)
	case []any:
		return "a list"
	case map[string]any:
		return "a structure"
	case []byte:
		return "bytes"
	}
	if s, ok := asText(src); ok {
		return s
	}
	return reflect.TypeOf(src).String()
}
