package main

import (
	"context"
	"os"
	"runtime"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

// push pushes a version of the sample website, and returns the image's reference.
func (a *account) push(ctx context.Context, version string) (string, error) {
	digest, tag, err := a.prepare(ctx, version)
	if err != nil {
		return "", err
	}
	return digest, tag()
}

// prepare pushes a version without its tag: what is left is the one request that raises the event.
func (a *account) prepare(ctx context.Context, version string) (digest string, tag func() error, err error) {
	body, err := os.ReadFile("bin/local/sample-website")
	if err != nil {
		return "", nil, err
	}
	site, err := image.FromFiles(runtime.GOARCH, map[string]image.File{"/site": {Body: body, Mode: 0o755}}, v1.Config{
		Entrypoint: []string{"/site"}, Env: []string{"SITE_VERSION=" + version}, ExposedPorts: map[string]struct{}{"80/tcp": {}},
	})
	if err != nil {
		return "", nil, err
	}
	ref, err := name.NewTag(a.host + "/" + a.names.Repository + ":" + version)
	if err != nil {
		return "", nil, err
	}
	login, err := ecr.NewFromConfig(a.sdk).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", nil, err
	}
	auth := authn.FromConfig(authn.AuthConfig{Auth: aws.ToString(login.AuthorizationData[0].AuthorizationToken)})
	sum, err := site.Digest()
	if err != nil {
		return "", nil, err
	}
	whole := ref.Context().Digest(sum.String())
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuth(auth)}
	if err := remote.Write(whole, site, options...); err != nil {
		return "", nil, err
	}
	return whole.String(), func() error { return remote.Tag(ref, site, options...) }, nil
}
