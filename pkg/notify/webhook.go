package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// webhook posts each step as JSON, signed as Standard Webhooks asks for, so that a receiver finds a library for it
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
type webhook struct {
	config.Webhook
	reach
}

var _ destination = webhook{}

func (w webhook) tell(ctx context.Context, s Step) error {
	var mask secret.Mask
	key, err := w.token(ctx, w.Secret, &mask)
	if err != nil {
		return err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := sign(key, s.ID, at, body)
	if err != nil {
		return fmt.Errorf("the secret %s %w", w.Secret, err)
	}
	_, err = w.call(ctx, &mask, http.MethodPost, w.URL, http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {s.ID}, "Webhook-Timestamp": {at}, "Webhook-Signature": {"v1," + signature},
	}, body)
	return err
}

// sign is the signature of a message by a key, which is text or, behind whsec_, bytes in base64.
func sign(key, id, at string, body []byte) (string, error) {
	secret := []byte(key)
	if encoded, ok := strings.CutPrefix(key, "whsec_"); ok {
		var err error
		if secret, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return "", fmt.Errorf("begins with whsec_ and is no base64 behind it")
		}
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
