package oci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// Bounds of fetching a blob. Registries bound a manifest to 4 MiB, and a configuration that is larger is none.
const (
	mostBlob  = 4 << 20
	blobTime  = 10 * time.Second
	dialTime  = 3 * time.Second
	tlsTime   = 5 * time.Second
	mostHeads = 64 << 10
)

// readBlob fetches a blob from where ECR says that it lies, Amazon S3, by a signed address
// (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html), and proves it by its digest.
func readBlob(ctx context.Context, api Reader, from config.Repository, digest string) ([]byte, error) {
	out, err := api.GetDownloadUrlForLayer(ctx, &ecr.GetDownloadUrlForLayerInput{
		Repository: Repository(from), LayerDigest: digest,
	})
	if err != nil {
		return nil, err
	}
	content, err := fetch(ctx, out.DownloadUrl)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(content); "sha256:"+hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("what came is not what its digest %s says", digest)
	}
	return content, nil
}

// fetch gets what lies at a signed address, over TLS unless that is this machine's own. It follows no redirect, and its
// errors do not tell the address: whoever has it can read the blob.
func fetch(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, blobTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("the address that ECR gives is none")
	}
	if u := request.URL; u.Scheme != "https" && !(u.Scheme == "http" && local(u.Hostname())) {
		return nil, fmt.Errorf("the address that ECR gives is not on https: %s", u.Host)
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, TLSHandshakeTimeout: tlsTime,
		ResponseHeaderTimeout: blobTime, MaxResponseHeaderBytes: mostHeads, DisableKeepAlives: true, // one blob a deployment
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return nil, fmt.Errorf("fetch from %s: %w", request.URL.Host, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %d", request.URL.Host, response.StatusCode)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, mostBlob+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("fetch from %s: %w", request.URL.Host, err)
	case len(content) > mostBlob:
		return nil, Unusable(fmt.Sprintf("has a configuration longer than %d bytes", mostBlob))
	}
	return content, nil
}

func local(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}
