package wire

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Encode appends v, an SDK struct or a pointer to one, to dst as JSON with AWS's names: nil members and enums
// without a value are left out, empty lists are written, times are epoch seconds, blobs base64.
func Encode(dst []byte, v any) []byte {
	return appendJSON(dst, reflect.ValueOf(v))
}

func appendJSON(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Invalid:
		return append(dst, "{}"...)
	case reflect.Pointer:
		if v.IsNil() {
			return append(dst, "null"...)
		}
		return appendJSON(dst, v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return appendEpoch(dst, v.Interface().(time.Time))
		}
		return appendObject(dst, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			dst = append(dst, '"')
			dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
			return append(dst, '"')
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, v.Index(i))
		}
		return append(dst, ']')
	case reflect.Map:
		dst = append(dst, '{')
		for i, k := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, k.String())
			dst = append(dst, ':')
			dst = appendJSON(dst, v.MapIndex(k))
		}
		return append(dst, '}')
	case reflect.String:
		return appendText(dst, v.String())
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Float32, reflect.Float64:
		return appendFloat(dst, v.Float(), v.Type().Bits())
	case reflect.Interface:
		return appendUnion(dst, v)
	default:
		return strconv.AppendInt(dst, v.Int(), 10)
	}
}

func appendObject(dst []byte, v reflect.Value) []byte {
	dst = append(dst, '{')
	first := true
	for _, m := range shapeOf(v.Type()).members {
		f := v.Field(m.index)
		if unset(f) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, m.key...)
		dst = appendJSON(dst, f)
	}
	return append(dst, '}')
}

// appendUnion writes a union as the object of its one member, and a document as it is.
func appendUnion(dst []byte, v reflect.Value) []byte {
	if name, value, ok := unionMember(v); ok {
		dst = appendText(append(dst, '{'), name)
		dst = appendJSON(append(dst, ':'), value)
		return append(dst, '}')
	}
	if d, ok := v.Interface().(interface{ MarshalSmithyDocument() ([]byte, error) }); ok {
		if raw, err := d.MarshalSmithyDocument(); err == nil {
			return append(dst, raw...)
		}
	}
	return append(dst, "null"...)
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.String() < b.String():
			return -1
		case a.String() > b.String():
			return 1
		}
		return 0
	})
	return keys
}

// appendText writes a JSON string.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			raw, _ := json.Marshal(s) // a string always marshals
			return append(dst, raw...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

// appendEpoch writes seconds since 1970 with as many milliseconds as there are.
func appendEpoch(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		dst = append(dst, '-')
		ms = -ms
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return dst
}
