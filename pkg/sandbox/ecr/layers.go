package ecr

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// LayerPath begins the addresses that GetDownloadUrlForLayer gives. In AWS they lie in S3.
const LayerPath = "/_layers/"

// layerTime is how long such an address is good: X-Amz-Expires of those that ECR gives.
const layerTime = time.Hour

// getDownloadUrlForLayer gives an address from which anybody gets a blob of an image, its configuration too, for an hour.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
func (s *Service) getDownloadUrlForLayer(ctx context.Context, in *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) {
	digest, err := v1.NewHash(deref(in.LayerDigest))
	if err != nil {
		return nil, invalid("layerDigest", err.Error())
	}
	s.mu.RLock()
	r, err := s.repo(in.RepositoryName, in.RegistryId)
	referred := err == nil && r.refers(digest)
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	_, err = s.blobs.Stat(ctx, r.name, digest)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return nil, &types.LayersNotFoundException{Message: new(fmt.Sprintf(
			"The layer with digest '%s' does not exist in the repository with name '%s' in the registry with id '%s'", digest, r.name, s.opts.Account))}
	case err != nil:
		return nil, err
	case !referred:
		return nil, &types.LayerInaccessibleException{Message: new(fmt.Sprintf(
			"The layer with digest '%s' is not associated with an image in the repository with name '%s'", digest, r.name))}
	}
	expires := strconv.FormatInt(time.Now().Add(layerTime).Unix(), 10)
	query := url.Values{"Expires": {expires}, "Signature": {s.signature(digest.String(), expires)}}
	return &ecr.GetDownloadUrlForLayerOutput{
		LayerDigest: new(digest.String()), DownloadUrl: new("http://" + s.opts.Host() + LayerPath + digest.String() + "?" + query.Encode()),
	}, nil
}

// refers reports whether an image of the repository has the blob; the caller holds the lock.
func (r *repository) refers(digest v1.Hash) bool {
	for _, img := range r.images {
		if img.index != nil {
			continue
		}
		if img.config == digest {
			return true
		}
		manifest, err := v1.ParseManifest(bytes.NewReader(img.raw))
		if err != nil {
			continue
		}
		for _, layer := range manifest.Layers {
			if layer.Digest == digest {
				return true
			}
		}
	}
	return false
}

func (s *Service) signature(digest, expires string) string {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprint(mac, "layer\n", digest, "\n", expires)
	return hex.EncodeToString(mac.Sum(nil))
}

// Layers serves the blobs under LayerPath to whoever has a signed address.
func (s *Service) Layers() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, query := strings.TrimPrefix(r.URL.Path, LayerPath), r.URL.Query()
		seconds, _ := strconv.ParseInt(query.Get("Expires"), 10, 64)
		if !hmac.Equal([]byte(query.Get("Signature")), []byte(s.signature(name, query.Get("Expires")))) {
			denied(w, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
			return
		}
		if time.Now().After(time.Unix(seconds, 0)) {
			denied(w, "AccessDenied", "Request has expired")
			return
		}
		digest, err := v1.NewHash(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		content, err := s.blobs.open(digest)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer func() { _ = content.Close() }()
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(w, content)
	})
}

// denied answers as S3 does (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func denied(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: message})
}
