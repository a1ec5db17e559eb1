package codedeploy

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Names and ids as https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html has them.
var (
	nameForm       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._+=,@-]{1,100}$`) })
	deploymentForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^d-[A-Z0-9]{9}$`) })
	roleForm       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/\S+$`) })
)

// of is what p points to, or the zero value.
func of[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// token is n characters of letters.
func token(n int, letters string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

func newDeploymentID() string { return "d-" + token(9, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") }

// newExecutionID is opaque to everyone, and long, as AWS's is.
func newExecutionID() string {
	data := make([]byte, 96)
	_, _ = rand.Read(data)
	text, _ := json.Marshal(struct {
		EncryptedData     string `json:"encryptedData"`
		IvParameterSpec   string `json:"ivParameterSpec"`
		MaterialSetSerial int    `json:"materialSetSerial"`
	}{base64.StdEncoding.EncodeToString(data[:80]), base64.StdEncoding.EncodeToString(data[80:]), 1})
	return base64.StdEncoding.EncodeToString(text)
}

func (s *Service) arn(resource string) string {
	return fmt.Sprintf("arn:aws:codedeploy:%s:%s:%s", s.opts.Server.Region(), s.opts.Server.Account(), resource)
}

func (s *Service) applicationARN(name string) string { return s.arn("application:" + name) }

func (s *Service) groupARN(application, group string) string {
	return s.arn("deploymentgroup:" + application + "/" + group)
}

// sessionOf is the session that CodeDeploy opens of its service role.
func sessionOf(roleARN string) wire.Caller {
	parts := strings.SplitN(roleARN, ":", 6)
	if len(parts) < 6 {
		return wire.Caller{ARN: roleARN, Role: roleARN}
	}
	name := parts[5][strings.LastIndex(parts[5], "/")+1:]
	return wire.Caller{
		ARN:  fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/CodeDeploy", parts[1], parts[4], name),
		Role: roleARN,
	}
}

// page cuts one page out of all, beginning where next says.
func page[T any](all []T, next *string, size int) ([]T, *string, error) {
	from := 0
	if next != nil {
		text, err := base64.StdEncoding.DecodeString(*next)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from < 0 || from > len(all) {
			return nil, nil, &types.InvalidNextTokenException{Message: new("The specified nextToken is not valid.")}
		}
	}
	to := min(from+size, len(all))
	cut := append([]T{}, all[from:to]...)
	if to == len(all) {
		return cut, nil, nil
	}
	return cut, new(base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))), nil
}

// sorted keys of a map.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
