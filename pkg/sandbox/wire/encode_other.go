package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"reflect"
	"strconv"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// writeXML writes the members of a struct as elements, lists as <member> and maps as <entry>.
func writeXML(w *bytes.Buffer, v reflect.Value) {
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Struct {
		return
	}
	for _, m := range shapeOf(v.Type()).members {
		if f := v.Field(m.index); !unset(f) {
			writeElement(w, m.name, f)
		}
	}
}

func writeElement(w *bytes.Buffer, name string, v reflect.Value) {
	w.WriteByte('<')
	w.WriteString(name)
	w.WriteByte('>')
	writeXMLValue(w, v)
	w.WriteString("</")
	w.WriteString(name)
	w.WriteByte('>')
}

func writeXMLValue(w *bytes.Buffer, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			writeXMLValue(w, v.Elem())
		}
	case reflect.Struct:
		if v.Type() == timeType {
			w.WriteString(v.Interface().(time.Time).UTC().Format("2006-01-02T15:04:05.000Z"))
			return
		}
		writeXML(w, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			w.WriteString(base64.StdEncoding.EncodeToString(v.Bytes()))
			return
		}
		for i := range v.Len() {
			writeElement(w, "member", v.Index(i))
		}
	case reflect.Map:
		for _, k := range sortedKeys(v) {
			w.WriteString("<entry>")
			writeElement(w, "key", k)
			writeElement(w, "value", v.MapIndex(k))
			w.WriteString("</entry>")
		}
	case reflect.Interface:
		if name, value, ok := unionMember(v); ok {
			writeElement(w, name, value)
		}
	case reflect.String:
		escapeXML(w, v.String())
	case reflect.Bool:
		w.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Float32, reflect.Float64:
		w.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()))
	default:
		w.WriteString(strconv.FormatInt(v.Int(), 10))
	}
}

func escapeXML(w *bytes.Buffer, s string) {
	_ = xml.EscapeText(w, []byte(s)) // a buffer takes everything
}

// cborOf is v as CBOR.
func cborOf(v reflect.Value) cbor.Value {
	switch v.Kind() {
	case reflect.Invalid:
		return cbor.Map{}
	case reflect.Pointer:
		if v.IsNil() {
			return &cbor.Nil{}
		}
		return cborOf(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			ms := v.Interface().(time.Time).UnixMilli()
			return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(ms) / 1000)}
		}
		return cborStruct(v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return cbor.Slice(v.Bytes())
		}
		list := make(cbor.List, v.Len())
		for i := range list {
			list[i] = cborOf(v.Index(i))
		}
		return list
	case reflect.Map:
		m := make(cbor.Map, v.Len())
		for it := v.MapRange(); it.Next(); {
			m[it.Key().String()] = cborOf(it.Value())
		}
		return m
	case reflect.Interface:
		if name, value, ok := unionMember(v); ok {
			return cbor.Map{name: cborOf(value)}
		}
		return &cbor.Nil{}
	case reflect.String:
		return cbor.String(v.String())
	case reflect.Bool:
		return cbor.Bool(v.Bool())
	case reflect.Float32, reflect.Float64:
		return cbor.Float64(v.Float())
	default:
		if n := v.Int(); n < 0 {
			return cbor.NegInt(uint64(-n))
		}
		return cbor.Uint(uint64(v.Int()))
	}
}

func cborStruct(v reflect.Value) cbor.Value {
	m := cbor.Map{}
	for _, f := range shapeOf(v.Type()).members {
		if e := v.Field(f.index); !unset(e) {
			m[f.name] = cborOf(e)
		}
	}
	return m
}
