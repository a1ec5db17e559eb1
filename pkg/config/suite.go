package config

// Suite is what green must show on the test listener before production traffic moves. It is declared, no code.
// An empty suite becomes one GET of "/" that must answer below 400 within 5 s.
type Suite struct {
	// Checks are made in this order; the first that fails for good ends the suite.
	Checks []Check `json:"checks,omitempty"`
	// Settle is how long the test listener is left alone after it points at green, on fresh connections,
	// because a listener change takes seconds to reach every node. Default 10s. Version proof ends it early.
	Settle *Duration `json:"settle,omitempty"`
	// Version, when given, is the proof that the answers come from the image under deployment.
	Version *Version `json:"version,omitempty"`
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
	// Is "tag" (the default) or "digest" of the image under deployment.
	Is string `json:"is,omitempty"`
}

// Check is one request and what its answer must be.
type Check struct {
	// Name in the verdict. Default: method and path.
	Name string `json:"name,omitempty"`
	// Method. Default GET.
	Method string `json:"method,omitempty"`
	// Path, with a query if need be, starting with "/". Default "/".
	Path string `json:"path,omitempty"`
	// Headers of the request.
	Headers map[string]string `json:"headers,omitempty"`
	// Body of the request, text.
	Body string `json:"body,omitempty"`
	// Expect is what must hold of the answer. Redirects are not followed.
	Expect Expect `json:"expect,omitzero"`
	// Within is how long the check is repeated until it holds. Default 0s: one try.
	Within Duration `json:"within,omitempty"`
}

// Expect is every condition on an answer; what is empty is not asked.
type Expect struct {
	// Status must be this code; zero asks for any code below 400.
	Status int `json:"status,omitempty"`
	// Headers must have exactly these values.
	Headers map[string]string `json:"headers,omitempty"`
	// Contains must stand in the body (its first 1 MiB).
	Contains string `json:"contains,omitempty"`
	// JSON maps JMESPath expressions to the value each must give.
	JSON map[string]any `json:"json,omitempty"`
	// Latency is the most that an answer may take, body included. Default 5s.
	Latency Duration `json:"latency,omitempty"`
}
