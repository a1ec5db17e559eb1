package elb

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"
)

// Cookies by which clients stick to a target group of a rule, and to a target of a group. Each comes with a second one
// for requests from other sites, whose name ends in CORS.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions
const (
	groupCookie  = "AWSALBTG"
	targetCookie = "AWSALB"
)

// stickiness seals what cookies say, so that clients can neither read nor forge it, as AWS does.
type stickiness struct{ cipher.AEAD }

func newStickiness() stickiness {
	var key [16]byte
	_, _ = rand.Read(key[:])          // never fails, see crypto/rand
	block, _ := aes.NewCipher(key[:]) // its length is right
	sealed, _ := cipher.NewGCM(block) // as is the block's
	return stickiness{sealed}
}

// stuckTo is what the client's cookie says, empty when it has none, or one that is over or not ours.
func (s stickiness) stuckTo(r *http.Request, cookie string) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(sealed) < s.NonceSize() {
		return ""
	}
	plain, err := s.Open(nil, sealed[:s.NonceSize()], sealed[s.NonceSize():], []byte(cookie))
	if err != nil || len(plain) < 8 || time.Now().UnixNano() >= int64(binary.BigEndian.Uint64(plain)) {
		return ""
	}
	return string(plain[8:])
}

// stick tells the client to come back to the same place for so long from now.
func (s stickiness) stick(w http.ResponseWriter, cookie, place string, lasts time.Duration) {
	until := time.Now().Add(lasts)
	nonce := make([]byte, s.NonceSize())
	_, _ = rand.Read(nonce) // never fails, see crypto/rand
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(until.UnixNano())), place...)
	value := base64.RawURLEncoding.EncodeToString(s.Seal(nonce, nonce, plain, []byte(cookie)))
	for name, sameSite := range map[string]http.SameSite{cookie: http.SameSiteDefaultMode, cookie + "CORS": http.SameSiteNoneMode} {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", Expires: until.Add(time.Second), SameSite: sameSite})
	}
}

// choose is the target group for a request: the one that the client sticks to while it gets a share, else by weight.
func (f *forward) choose(r *http.Request) *group {
	if f.sticks > 0 {
		place := f.service.sticky.stuckTo(r, groupCookie)
		for _, s := range f.shares {
			if s.group.arn == place {
				return s.group
			}
		}
	}
	return f.pick()
}

// takeFor is take for a client, which may stick to one of the group's targets.
func (g *group) takeFor(s *Service, r *http.Request) *target {
	if g.sticks.Load() > 0 {
		place := s.sticky.stuckTo(r, targetCookie)
		for _, t := range *g.pool.Load() {
			if g.full+" "+t.addr == place && t.enter() {
				return t
			}
		}
	}
	return g.take()
}

// keep gives the client the cookies of where it was sent.
func (f *forward) keep(w http.ResponseWriter, g *group, t *target) {
	if f.sticks > 0 {
		f.service.sticky.stick(w, groupCookie, g.arn, f.sticks)
	}
	if lasts := time.Duration(g.sticks.Load()); lasts > 0 {
		f.service.sticky.stick(w, targetCookie, g.full+" "+t.addr, lasts)
	}
}

// restick reads the group's attributes: how long a client sticks to a target, on the sandbox's clock. Cookies of the
// application's own have no effect. The caller holds s.mu.
func (s *Service) restick(g *group) {
	lasts := time.Duration(0)
	if g.attributes["stickiness.enabled"] == "true" && g.attributes["stickiness.type"] == "lb_cookie" {
		seconds, _ := strconv.Atoi(g.attributes["stickiness.lb_cookie.duration_seconds"]) // checked when it was set
		lasts = s.opts.Clock.Scale(time.Duration(seconds) * time.Second)
	}
	g.sticks.Store(int64(lasts))
}
