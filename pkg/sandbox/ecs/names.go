package ecs

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// names of clusters, services, families and containers.
var names = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`) })

func (s *Service) arn(kind string, path ...string) string {
	return fmt.Sprintf("arn:aws:ecs:%s:%s:%s/%s", s.opts.Region, s.opts.Account, kind, strings.Join(path, "/"))
}

// base is what follows the last slash: the name in an ARN, or the name itself.
func base(nameOrARN string) string {
	return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
}

func hexID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// taskSetID has the shape of the observed ecs-svc/5782596715501462061: 19 digits.
func taskSetID() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(8_000_000_000_000_000_000)) // never fails
	return "ecs-svc/" + strconv.FormatInt(n.Int64()+1_000_000_000_000_000_000, 10)
}

// clone copies an SDK value to the bottom, so that nobody shares it.
func clone[T any](v T) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("copy of %T: %v", v, err)) // the SDK's types are plain data
	}
	return out
}

// list is items, never nil: what AWS returns as [] must not be absent.
func list[T any](items []T) []T {
	out := make([]T, len(items))
	copy(out, items)
	return out
}

// page cuts one page out of items that stand in a stable order. The token is the place of the next item.
func page[T any](items []T, size *int32, token *string) ([]T, *string, error) {
	n, from := 100, 0
	if size != nil {
		n = int(*size)
		if n < 1 || n > 100 {
			return nil, nil, invalid("maxResults must be between 1 and 100.")
		}
	}
	if token != nil {
		var err error
		from, err = strconv.Atoi(*token)
		if err != nil || from < 0 {
			return nil, nil, invalid("Invalid token.")
		}
	}
	from = min(from, len(items))
	to := min(from+n, len(items))
	if to == len(items) {
		return list(items[from:to]), nil, nil
	}
	return list(items[from:to]), aws.String(strconv.Itoa(to)), nil
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func client(format string, args ...any) error {
	return &types.ClientException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func unsupported(format string, args ...any) error {
	return &types.UnsupportedFeatureException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func missing(arn string) types.Failure {
	return types.Failure{Arn: aws.String(arn), Reason: aws.String("MISSING")}
}
