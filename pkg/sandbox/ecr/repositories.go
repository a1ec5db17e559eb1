package ecr

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
var repositoryForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$`)
})

func (s *Service) createRepository(ctx context.Context, in *ecr.CreateRepositoryInput) (*ecr.CreateRepositoryOutput, error) {
	name := deref(in.RepositoryName)
	if !repositoryForm().MatchString(name) || len(name) < 2 || len(name) > 256 {
		return nil, invalid("repositoryName", "must satisfy regular expression '"+repositoryForm().String()+"' and have 2 to 256 characters")
	}
	if err := s.mayUse(ctx, in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repos[name] != nil {
		return nil, &types.RepositoryAlreadyExistsException{Message: new(fmt.Sprintf(
			"The repository with name '%s' already exists in the registry with id '%s'", name, s.opts.Account))}
	}
	r := &repository{
		name: name, created: time.Now().UTC().Truncate(time.Millisecond),
		mutability: cmp.Or(in.ImageTagMutability, types.ImageTagMutabilityMutable), exclusions: in.ImageTagMutabilityExclusionFilters,
		scanning: in.ImageScanningConfiguration, encryption: in.EncryptionConfiguration, labels: slices.Clone(in.Tags),
		images: map[string]*stored{}, scans: map[string]*scan{}, tags: map[string]string{},
	}
	if r.scanning == nil {
		r.scanning = &types.ImageScanningConfiguration{}
	}
	if r.encryption == nil {
		r.encryption = &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeAes256}
	}
	s.repos[name] = r
	return &ecr.CreateRepositoryOutput{Repository: s.describe(r)}, nil
}

func (s *Service) describe(r *repository) *types.Repository {
	return &types.Repository{
		CreatedAt: &r.created, EncryptionConfiguration: r.encryption, ImageScanningConfiguration: r.scanning,
		ImageTagMutability: r.mutability, ImageTagMutabilityExclusionFilters: r.exclusions,
		RegistryId: &s.opts.Account, RepositoryArn: new(s.arn(r.name)), RepositoryName: &r.name,
		RepositoryUri: new(path.Join(s.opts.Host(), r.name)),
	}
}

func (s *Service) arn(name string) string {
	return fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", s.opts.Region, s.opts.Account, name)
}

func (s *Service) describeRepositories(_ context.Context, in *ecr.DescribeRepositoriesInput) (*ecr.DescribeRepositoriesOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := in.RepositoryNames
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(s.repos))
	}
	all := []types.Repository{}
	for _, name := range names {
		r, err := s.repo(&name, in.RegistryId)
		if err != nil {
			return nil, err
		}
		all = append(all, *s.describe(r))
	}
	shown, next, err := page(all, in.MaxResults, in.NextToken)
	return &ecr.DescribeRepositoriesOutput{Repositories: shown, NextToken: next}, err
}

func (s *Service) deleteRepository(_ context.Context, in *ecr.DeleteRepositoryInput) (*ecr.DeleteRepositoryOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	if len(r.images) > 0 && !in.Force {
		return nil, &types.RepositoryNotEmptyException{Message: new(fmt.Sprintf(
			"The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", r.name, s.opts.Account))}
	}
	delete(s.repos, r.name)
	return &ecr.DeleteRepositoryOutput{Repository: s.describe(r)}, nil
}

func (s *Service) putImageTagMutability(_ context.Context, in *ecr.PutImageTagMutabilityInput) (*ecr.PutImageTagMutabilityOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	r.mutability, r.exclusions = in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters
	return &ecr.PutImageTagMutabilityOutput{
		ImageTagMutability: r.mutability, ImageTagMutabilityExclusionFilters: r.exclusions,
		RegistryId: &s.opts.Account, RepositoryName: &r.name,
	}, nil
}

func (s *Service) putLifecyclePolicy(_ context.Context, in *ecr.PutLifecyclePolicyInput) (*ecr.PutLifecyclePolicyOutput, error) {
	if !json.Valid([]byte(deref(in.LifecyclePolicyText))) {
		return nil, invalid("LifecyclePolicyText", "must be a JSON document")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	r.lifecycle = *in.LifecyclePolicyText
	return &ecr.PutLifecyclePolicyOutput{LifecyclePolicyText: in.LifecyclePolicyText, RegistryId: &s.opts.Account, RepositoryName: &r.name}, nil
}

func (s *Service) getLifecyclePolicy(_ context.Context, in *ecr.GetLifecyclePolicyInput) (*ecr.GetLifecyclePolicyOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	if err != nil {
		return nil, err
	}
	if r.lifecycle == "" {
		return nil, &types.LifecyclePolicyNotFoundException{Message: new(fmt.Sprintf(
			"Lifecycle policy does not exist for the repository with name '%s' in the registry with id '%s'", r.name, s.opts.Account))}
	}
	return &ecr.GetLifecyclePolicyOutput{LifecyclePolicyText: new(r.lifecycle), RegistryId: &s.opts.Account, RepositoryName: &r.name}, nil
}

func (s *Service) listTagsForResource(_ context.Context, in *ecr.ListTagsForResourceInput) (*ecr.ListTagsForResourceOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, name, _ := strings.Cut(deref(in.ResourceArn), ":repository/")
	r, err := s.repo(&name, nil)
	if err != nil {
		return nil, err
	}
	return &ecr.ListTagsForResourceOutput{Tags: append([]types.Tag{}, r.labels...)}, nil
}

// getAuthorizationToken gives a password for the user AWS, good for twelve hours.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
func (s *Service) getAuthorizationToken(context.Context, *ecr.GetAuthorizationTokenInput) (*ecr.GetAuthorizationTokenOutput, error) {
	until := time.Now().UTC().Add(12 * time.Hour).Truncate(time.Second)
	return &ecr.GetAuthorizationTokenOutput{AuthorizationData: []types.AuthorizationData{{
		AuthorizationToken: new(base64.StdEncoding.EncodeToString([]byte("AWS:" + s.token(until)))),
		ExpiresAt:          &until,
		ProxyEndpoint:      new("http://" + s.opts.Host()),
	}}}, nil
}

// page cuts a list as AWS's maxResults and nextToken ask.
func page[T any](all []T, limit *int32, token *string) (shown []T, next *string, err error) {
	start := 0
	if token != nil {
		raw, err := base64.StdEncoding.DecodeString(*token)
		if err == nil {
			start, err = strconv.Atoi(string(raw))
		}
		if err != nil || start < 0 {
			return nil, nil, invalid("nextToken", "is not a token of this operation")
		}
	}
	size := 100
	if limit != nil && *limit > 0 {
		size = int(*limit)
	}
	start = min(start, len(all))
	end := min(start+size, len(all))
	if end < len(all) {
		next = new(base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(end))))
	}
	return all[start:end], next, nil
}

// wildcard matches a pattern in which * stands for any characters.
func wildcard(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if ok {
			_, rest, ok = strings.Cut(rest, part)
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
