package events_test

import (
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
)

const push = `{"version":"0","id":"13cde686-328b-6117-af20-0e5566167482","detail-type":"ECR Image Action","source":"aws.ecr",
 "account":"123456789012","time":"2019-11-16T01:54:34Z","region":"us-west-2","resources":["arn:a","arn:b"],
 "detail":{"result":"SUCCESS","repository-name":"shop/api","image-tag":"v1.2","action-type":"PUSH","size":300,"ratio":0.5,
  "none":null,"yes":true,"empty":"","list":[],"ip":"10.0.0.7","nested":{"a":{"b":1}},"path":"dir/lib/x.jar",
  "items":[{"name":"a","n":1},{"name":"b","n":2}],"state":"Initializing","words":["x","y"]}}`

// The operators are those of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html.
func TestPatternsMatchAsAWSDocuments(t *testing.T) {
	tests := []struct {
		pattern string // of the detail
		want    bool
	}{
		{`{"result":["SUCCESS"]}`, true},
		{`{"result":["FAILURE","SUCCESS"]}`, true},
		{`{"result":["success"]}`, false},
		{`{"result":["SUCCESS"],"action-type":["DELETE"]}`, false},
		{`{"missing":["x"]}`, false},
		{`{"size":[300]}`, true},
		{`{"size":[300.0]}`, false}, // numbers are compared as written
		{`{"size":["300"]}`, false},
		{`{"none":[null]}`, true},
		{`{"yes":[true]}`, true},
		{`{"yes":[false]}`, false},
		{`{"empty":[""]}`, true},
		{`{"words":["y","z"]}`, true},
		{`{"image-tag":[{"prefix":"v"}]}`, true},
		{`{"image-tag":[{"prefix":"w"}]}`, false},
		{`{"image-tag":[{"prefix":{"equals-ignore-case":"V1"}}]}`, true},
		{`{"path":[{"suffix":".jar"}]}`, true},
		{`{"path":[{"suffix":{"equals-ignore-case":".JAR"}}]}`, true},
		{`{"state":[{"equals-ignore-case":"INITIALIZING"}]}`, true},
		{`{"path":[{"wildcard":"dir/*/*.jar"}]}`, true},
		{`{"path":[{"wildcard":"*"}]}`, true},
		{`{"path":[{"wildcard":"dir"}]}`, false},
		{`{"path":[{"wildcard":"dir/lib/x.jar*"}]}`, true},
		{`{"path":[{"wildcard":"dir\\*"}]}`, false}, // a backslash makes a star of a star
		{`{"image-tag":[{"anything-but":""}]}`, true},
		{`{"empty":[{"anything-but":[""]}]}`, false},
		{`{"missing":[{"anything-but":["x"]}]}`, false},
		{`{"size":[{"anything-but":[300,400]}]}`, false},
		{`{"size":[{"anything-but":300.0}]}`, false},
		{`{"size":[{"anything-but":"300"}]}`, true},
		{`{"image-tag":[{"anything-but":{"prefix":"v"}}]}`, false},
		{`{"image-tag":[{"anything-but":{"prefix":["w","x"]}}]}`, true},
		{`{"path":[{"anything-but":{"suffix":".png"}}]}`, true},
		{`{"state":[{"anything-but":{"equals-ignore-case":["initializing","stopped"]}}]}`, false},
		{`{"path":[{"anything-but":{"wildcard":"*/lib/*"}}]}`, false},
		{`{"size":[{"numeric":["=",300]}]}`, true},
		{`{"size":[{"numeric":["=",3.0e2]}]}`, true},
		{`{"size":[{"numeric":[">",0,"<=",300]}]}`, true},
		{`{"size":[{"numeric":[">",300]}]}`, false},
		{`{"ratio":[{"numeric":["<",1]}]}`, true},
		{`{"image-tag":[{"numeric":["<",1]}]}`, false},
		{`{"size":[{"exists":true}]}`, true},
		{`{"none":[{"exists":true}]}`, true},
		{`{"missing":[{"exists":false}]}`, true},
		{`{"list":[{"exists":false}]}`, true},
		{`{"nested":[{"exists":true}]}`, false}, // exists works on leaves only
		{`{"nested":[{"exists":false}]}`, true},
		{`{"gone":{"deeper":[{"exists":false}]}}`, true},
		{`{"missing":["x",{"exists":false}]}`, true},
		{`{"ip":[{"cidr":"10.0.0.0/24"}]}`, true},
		{`{"ip":[{"cidr":"10.0.1.0/24"}]}`, false},
		{`{"nested":{"a":{"b":[1]}}}`, true},
		{`{"nested":{"a":[1]}}`, false},
		{`{"items":{"name":["b"],"n":[2]}}`, true},
		{`{"items":{"name":["a"],"n":[2]}}`, false}, // of different elements
		{`{"$or":[{"result":["FAILURE"]},{"size":[{"numeric":["=",300]}]}]}`, true},
		{`{"$or":[{"result":["FAILURE"]},{"size":[1]}]}`, false},
		{`{"yes":[true],"$or":[{"size":[300]},{"size":[1]}]}`, true},
		{`{"$or":[{"result":["SUCCESS"],"yes":[false]},{"nested":{"$or":[{"a":{"b":[1]}},{"c":[1]}]}}]}`, true},
		{`{"image-tag":[{"prefix":"w"},{"suffix":".2"}]}`, true},
	}
	for _, tt := range tests {
		p, err := events.ParsePattern(`{"source":["aws.ecr"],"detail":` + tt.pattern + `}`)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		got, err := p.Match([]byte(push))
		if err != nil || got != tt.want {
			t.Errorf("%s: %t, %v; want %t", tt.pattern, got, err, tt.want)
		}
	}
}

func TestPatternsThatAreNotValidAreRefusedInAWSsWords(t *testing.T) {
	tests := map[string]string{
		`["a"]`: "Filter is not an object",
		`{}`:    "Empty objects are not allowed",
		`{"source": ["aws.health"], "detail": {}}`: `Empty objects are not allowed at [Source: (String)"{"source": ["aws.health"], "detail": {}}"; line: 1, column: 40]`,
		`{"a":[]}`:                                     "Empty arrays are not allowed",
		`{"a":"b"}`:                                    `"a" must be an object or an array`,
		`{"a":[["b"]]}`:                                "Match value must be String, number, true, false, or null",
		`{"a":[{"like":"b"}]}`:                         "Unrecognized match type like",
		`{"a":[{"prefix":1}]}`:                         "prefix match pattern must be a string",
		`{"a":[{"suffix":["b"]}]}`:                     "suffix match pattern must be a string",
		`{"a":[{"prefix":"b","suffix":"c"}]}`:          "Only one key allowed in match expression",
		`{"a":[{"exists":"yes"}]}`:                     "exists match pattern must be either true or false.",
		`{"a":[{"numeric":1}]}`:                        "Value of numeric must be an array.",
		`{"a":[{"numeric":["~",1]}]}`:                  "Unrecognized numeric range operator: ~",
		`{"a":[{"numeric":["=","1"]}]}`:                "Value of equals must be numeric",
		`{"a":[{"numeric":["<",1,">",0]}]}`:            "Too many elements in numeric expression",
		`{"a":[{"numeric":[">",1,"=",5]}]}`:            "Bad numeric range operator: =",
		`{"a":[{"numeric":[">",5,"<",1]}]}`:            "Bottom must be less than top",
		`{"a":[{"numeric":["=",6000000000]}]}`:         "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"a":[{"anything-but":[1,"b"]}]}`:             "Inside anything but list, either all values are number or string, mixed type is not supported",
		`{"a":[{"anything-but":[null]}]}`:              "Inside anything but list, start|null|boolean is not supported.",
		`{"a":[{"anything-but":true}]}`:                "Value of anything-but must be an array or single string/number value.",
		`{"a":[{"anything-but":{"numeric":["=",1]}}]}`: "Unsupported anything-but pattern: numeric",
		`{"key": [{"wildcard": "abc**def"}]}`:          `Consecutive wildcard characters at pos 4 at [Source: (String)"{"key": [{"wildcard": "abc**def"}]}"; line: 1, column: 33]`,
		`{"a":[{"wildcard":"b\\c"}]}`:                  "Invalid escape character at pos 2",
		`{"a":[{"cidr":"10.0.0.1"}]}`:                  "Malformed CIDR, one '/' required",
		`{"$or":[{"a":["b"]},{}]}`:                     "Empty objects are not allowed",
		`{"$or":[{"a":["b"]}]}`:                        "Unrecognized match type a",
		`{"a":["b"]`:                                   "unexpected EOF",
		`{"a":["b"]} x`:                                "Filter is not an object",
	}
	for pattern, want := range tests {
		if _, err := events.ParsePattern(pattern); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", pattern, err, want)
		}
	}
}

func FuzzAPatternNeverPanics(f *testing.F) {
	f.Add(`{"detail":{"a":[{"anything-but":{"wildcard":["*x","y*"]}},{"numeric":[">",1,"<",5]}],"$or":[{"b":["c"]},{"d":[{"exists":false}]}]}}`)
	f.Add(`{"a":[{"prefix":{"equals-ignore-case":"b"}},{"cidr":"::/0"},null,1.5]}`)
	f.Fuzz(func(t *testing.T, pattern string) {
		p, err := events.ParsePattern(pattern)
		if err != nil {
			return
		}
		if _, err := p.Match([]byte(push)); err != nil {
			t.Error(err)
		}
	})
}
