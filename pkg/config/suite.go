package config

// Suite is what green must show on the test listener before production traffic moves. It is declared, no code.
// An empty suite becomes one GET of "/" that must answer below 400 within 5 s.
type Suite struct {
	// File holds the suite, in JSON, beside the configuration; no other key stands beside this one.
	File string `json:"file,omitempty"`
	// Checks are made in this order, at most 100; the first that fails for good ends the suite.
	Checks []Check `json:"checks,omitempty"`
	// Settle is how long the test listener is left alone after it points at green, on fresh connections,
	// because a listener change takes seconds to reach every node. Default 10s. Version proof ends it early.
	Settle *Duration `json:"settle,omitempty"`
	// Version, when given, is the proof that the answers come from the image under deployment.
	Version *Version `json:"version,omitempty"`
	// ServerName is the service's own name, such as shop.example: the Host of every request that sets none, and
	// the name that the listener's certificate is verified for. Default: the load balancer's name.
	ServerName string `json:"serverName,omitempty"`
	// KeepCookies sends the cookies that answers set with the requests after them, as a browser does.
	KeepCookies bool `json:"keepCookies,omitempty"`
	// Load, when given, is made after the checks hold.
	Load *LoadTest `json:"load,omitempty"`
	// Compare, when given, holds green against blue once everything else holds.
	Compare *Comparison `json:"compare,omitempty"`
	// Timeout of the whole verification, below the function's own 15 minutes. Default 5m.
	Timeout Duration `json:"timeout,omitempty"`
}

// Version says where an answer shows its identity and what that must equal.
type Version struct {
	// Path to GET. Default "/".
	Path string `json:"path,omitempty"`
	// Header that carries the identity; or
	Header string `json:"header,omitempty"`
	// JMESPath of the identity in a JSON body.
	JMESPath string `json:"jmespath,omitempty"`
	// Is "tag" (the default) or "digest" of the image under deployment, or "revision": the commit that it was built from,
	// by its label org.opencontainers.image.revision. An image without that label is then refused.
	Is string `json:"is,omitempty"`
}

// What a Version may be of an image.
const (
	IsTag      = "tag"
	IsDigest   = "digest"
	IsRevision = "revision"
)

// rest is what functions are told of a suite that they do not judge by: whether it asks for an image's revision.
func (s Suite) rest() Suite {
	if s.Version != nil && s.Version.Is == IsRevision {
		return Suite{Version: &Version{Is: IsRevision}}
	}
	return Suite{}
}

// Check is one request and what its answer must be.
type Check struct {
	// Name in the verdict. Default: method and path.
	Name string `json:"name,omitempty"`
	// Method. Default GET.
	Method string `json:"method,omitempty"`
	// Path, with a query if need be, starting with "/". Default "/".
	Path string `json:"path,omitempty"`
	// Query is added to the path's own.
	Query map[string]string `json:"query,omitempty"`
	// Headers of the request.
	Headers map[string]string `json:"headers,omitempty"`
	// Cookies of the request.
	Cookies map[string]string `json:"cookies,omitempty"`
	// Body of the request, text. There is one body at most: body, base64, json, form or file.
	Body string `json:"body,omitempty"`
	// Base64 is the body of the request as bytes.
	Base64 string `json:"base64,omitempty"`
	// JSON is the body of the request, sent as application/json.
	JSON any `json:"json,omitempty"`
	// Form is the body of the request, sent as application/x-www-form-urlencoded.
	Form map[string]string `json:"form,omitempty"`
	// File holds the body of the request. It lies beside the configuration and is read when that is.
	File string `json:"file,omitempty"`
	// HTTP is the version that the answer must come in: "1.1", or "2" (over TLS as negotiated, else with prior
	// knowledge). Default: what the listener offers.
	HTTP string `json:"http,omitempty"`
	// Redirects is how many redirects are followed, at most 10, on the same scheme, host and port only: elsewhere
	// another version may answer. A redirect elsewhere fails the check. Default 0: a redirect is the answer.
	Redirects int `json:"redirects,omitempty"`
	// Expect is what must hold of the answer.
	Expect Expect `json:"expect,omitzero"`
	// Capture takes values out of an answer that holds, by name. Later checks write ${name}: in path, query, headers,
	// cookies and body, and in expected texts, headers and JSON. A plain ${ is written $${.
	Capture map[string]Capture `json:"capture,omitempty"`
	// Within is how long the check is repeated until it holds. Default 0s: one try.
	Within Duration `json:"within,omitempty"`
	// Failures is how many tries may fail. Default: any number within the window, none without one.
	Failures *int `json:"failures,omitempty"`
	// Successes is how many tries in a row must hold; a failed one starts the row again. Default 1.
	Successes int `json:"successes,omitempty"`
	// Every is the pause between two tries. Default 1s after a failed one, none after one that holds.
	Every Duration `json:"every,omitempty"`
	// Timeout of the check, all tries and pauses together. Default: the suite's.
	Timeout Duration `json:"timeout,omitempty"`
}

// Capture says where in an answer a value stands: one of the three places.
type Capture struct {
	// JMESPath of the value in a JSON body. A value that is no text keeps its type where it is all of a JSON value.
	JMESPath string `json:"jmespath,omitempty"`
	// Header that carries the value.
	Header string `json:"header,omitempty"`
	// Matches is a regular expression over the body; the value is its first group, without groups all of it.
	Matches string `json:"matches,omitempty"`
}

// Expect is every condition on an answer; what is empty is not asked.
type Expect struct {
	// Status must be one of these: a code, a class such as "2xx", or a list of both. Default: any below 400.
	Status Codes `json:"status,omitempty"`
	// Headers must have exactly these values.
	Headers map[string]string `json:"headers,omitempty"`
	// HeadersMatch are regular expressions (Go's) that headers must match somewhere.
	HeadersMatch map[string]string `json:"headersMatch,omitempty"`
	// Contains must stand in the body (its first 1 MiB).
	Contains string `json:"contains,omitempty"`
	// Matches is a regular expression (Go's) that the body (its first 1 MiB) must match somewhere.
	Matches string `json:"matches,omitempty"`
	// JSON maps JMESPath expressions to the value each must give.
	JSON map[string]any `json:"json,omitempty"`
	// JSONSubset must be in the JSON body: objects may have more keys there, lists must be as long, all else is equal.
	JSONSubset any `json:"jsonSubset,omitempty"`
	// MinBytes is the least that the body, decompressed, may have.
	MinBytes int `json:"minBytes,omitempty"`
	// MaxBytes is the most that the body, decompressed, may have. Default 8388608, 8 MiB; at most 1 GiB.
	MaxBytes int `json:"maxBytes,omitempty"`
	// Latency is the most that an answer may take, redirects and body included. Default 5s.
	Latency Duration `json:"latency,omitempty"`
}
