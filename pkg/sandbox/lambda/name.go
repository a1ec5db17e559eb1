package lambda

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

var (
	functionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`) })
	roleARN      = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	})
)

func (s *Service) arn(name string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", s.opts.Region, s.opts.Account, name)
}

// split takes a name, a partial ARN (account:function:name) or an ARN, each with or without a qualifier, apart.
func split(ref string) (name, qualifier string) {
	if i := strings.Index(ref, "function:"); i >= 0 {
		ref = ref[i+len("function:"):]
	}
	name, qualifier, _ = strings.Cut(ref, ":")
	return name, qualifier
}

// find is the function that ref means; the caller holds mu.
func (s *Service) find(ref *string, qualifiers ...*string) (*function, error) {
	name, qualifier := split(aws.ToString(ref))
	for _, q := range qualifiers {
		if aws.ToString(q) != "" {
			qualifier = *q
		}
	}
	if !functionName().MatchString(name) {
		return nil, invalidConstraint("functionName", aws.ToString(ref),
			`Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`)
	}
	f := s.functions[name]
	if f == nil || qualifier != "" && qualifier != "$LATEST" {
		arn := s.arn(name)
		if qualifier != "" {
			arn += ":" + qualifier
		}
		return nil, &types.ResourceNotFoundException{Message: aws.String("Function not found: " + arn), Type: aws.String("User")}
	}
	return f, nil
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterValueException{Message: aws.String(fmt.Sprintf(format, args...)), Type: aws.String("User")}
}
