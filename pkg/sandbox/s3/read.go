package s3

import (
	"context"
	"net/http"
)

// Read gets an object by its ARN as the caller of ctx, who asks where its bucket is first, as whoever comes by the ARN
// alone must: s3:GetBucketLocation and s3:GetObject, and what the object's key asks.
func (s *Service) Read(ctx context.Context, arn string) ([]byte, error) {
	bucket, key := placeOf(arn)
	where := asked{bucket: bucket, query: map[string][]string{"location": {""}}}
	if _, err := s.make(ctx, s.onBucket(http.MethodGet, where), where); err != nil {
		return nil, err
	}
	what := asked{bucket: bucket, key: key}
	out, err := s.make(ctx, s.onObject(http.MethodGet, what), what)
	if err != nil {
		return nil, err
	}
	return out.object.body, nil
}
